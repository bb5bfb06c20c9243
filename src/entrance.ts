// The part of the composition root about who comes in: keys, and programs that people let in by OAuth. Called by app.ts alone.
import { HOUR_MS } from './algo/durations.ts';
import type { Ports } from './app-shape.ts';
import type { Config } from './config.ts';
import type { Actors } from './core/actor.ts';
import type { Clock } from './core/clock.ts';
import type { Ids, Sha256 } from './core/crypto.ts';
import type { Route } from './core/endpoint.ts';
import { every, type Schedule } from './core/schedule.ts';
import type { Atomically } from './core/unit-of-work.ts';
import { createOAuthPages } from './entry/http/oauth-page/page.ts';
import { accessRoutes } from './features/access/routes.ts';
import { createAccess } from './features/access/service.ts';
import { oauthRoutes } from './features/oauth/routes.ts';
import { formTargets } from './features/oauth/rules.ts';
import { createOAuth } from './features/oauth/service.ts';
import { createTokens } from './features/oauth/tokens.ts';
import { createPageReader } from './platform/web/page.ts';
import type { Stores } from './stores.ts';

export interface EntranceDeps {
  config: Config;
  swap: Pick<Partial<Ports>, 'readPage'>;
  read: Stores;
  atomically: Atomically<Stores>;
  /** For counts of use, and tokens that follow from what is recorded. */
  unrecorded: Atomically<Stores>;
  actors: Actors;
  clock: Clock;
  ids: Ids;
  sha256: Sha256;
}

/** Of a document that describes a client; what people write by hand is a hundredth of it. */
const DOCUMENT_BYTES = 16 * 1024;
/** Somebody waits for the page. */
const DOCUMENT_WAIT_MS = 5_000;

export function createEntrance({ config, swap, ...deps }: EntranceDeps) {
  const { read, unrecorded, clock, ids, sha256 } = deps;
  const pepper = config.api_key_pepper?.reveal() ?? null;
  const hashOf = (secret: string): string => sha256(pepper === null ? secret : pepper + secret);
  const { enabled, public_url } = config.oauth;
  const tokens = createTokens({ read, unrecorded, hashOf, enabled, public_url, clock });
  const access = createAccess({
    ...deps,
    ...{ tokens, pepper, bootstrapSecret: config.bootstrap_secret?.reveal() ?? null },
    ...{ openAccess: config.open_access, rotationGraceHours: config.key_rotation_grace_hours },
  });
  const oauth = createOAuth({
    ...deps,
    ...{ tokens, hashOf, settings: config.oauth },
    resolveKey: (key) => access.resolve(key, null),
    readPage:
      swap.readPage ??
      createPageReader({ allow_private: false, max_bytes: DOCUMENT_BYTES, timeout_ms: DOCUMENT_WAIT_MS }),
  });

  return {
    access,
    routes: [
      ...accessRoutes(access),
      ...oauthRoutes(oauth, createOAuthPages(sha256, formTargets), ids),
    ] as readonly Route[],
    schedules: [every(HOUR_MS, 'oauth.sweep', oauth.sweep)] as readonly Schedule[],
    challenge: oauth.challenge,
  };
}
