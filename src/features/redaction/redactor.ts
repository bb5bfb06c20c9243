// The one place where secrets are taken out of what is about to be stored.
import { type Redacted, redact, scrubbed } from '../../algo/secrets/redact.ts';
import type { Clock } from '../../core/clock.ts';
import type { Redactor } from '../../core/redactor.ts';
import type { RedactionStore } from './store.ts';

/** How long the settings of a user's spaces are believed: another server on the same database may change them. */
const CACHE_MS = 10_000;

export interface RedactorDeps {
  read: { redaction: Pick<RedactionStore, 'exempt'> };
  settings: {
    /** Take secrets out. */
    readonly enabled: boolean;
    /** Of what is said in conversations, also take whatever is assigned to a name such as `token`. */
    readonly scrub_messages: boolean;
  };
  onRedacted(kind: string, count: number): void;
  clock: Clock;
}

export function createRedactor({ read, settings, onRedacted, clock }: RedactorDeps) {
  const exempt = new Map<number, { ids: ReadonlySet<number>; read_at: number }>();

  async function exemptOf(user_id: number): Promise<ReadonlySet<number>> {
    const known = exempt.get(user_id);
    if (known && clock.now() - known.read_at < CACHE_MS) return known.ids;
    const ids = new Set(await read.redaction.exempt(user_id));
    exempt.set(user_id, { ids, read_at: clock.now() });
    return ids;
  }

  const counted = (result: Redacted): Redacted => {
    for (const { kind, count } of result.redacted) onRedacted(kind, count);
    return result;
  };
  const untouched = (text: string): Redacted => ({ text, redacted: [] });

  const redactor: Redactor = {
    async inSpace(user_id, space_id, text) {
      if (!settings.enabled) return untouched(text);
      const result = redact(text);
      if (result.redacted.length === 0) return result;
      if (space_id !== null && (await exemptOf(user_id)).has(space_id)) return untouched(text);
      return counted(result);
    },
    plain: (text) => (settings.enabled ? counted(redact(text)).text : text),
    message(text) {
      if (settings.scrub_messages) return counted(scrubbed(text)).text;
      return settings.enabled ? counted(redact(text)).text : text;
    },
  };
  return {
    ...redactor,
    exemptOf,
    /** After commit. */
    changed: (user_id: number): void => void exempt.delete(user_id),
  };
}
export type SpaceRedactor = ReturnType<typeof createRedactor>;
