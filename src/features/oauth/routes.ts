import type { Ids } from '../../core/crypto.ts';
import { type CallContext, type Route, route } from '../../core/endpoint.ts';
import { AppError } from '../../core/errors.ts';
import type { Asked, Browser, Outcome } from './consent.ts';
import {
  authorizationServer,
  authorize,
  consent,
  endGrant,
  exchangeToken,
  listGrants,
  protectedResource,
  protectedServer,
  registerClient,
  revokeToken,
} from './contract.ts';
import { cookieNamed } from './rules.ts';
import type { OAuth } from './service.ts';
import type { GrantRow } from './store.ts';

export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}
/** What people see. entry/http/oauth-page makes it. */
export interface Pages {
  ask(asked: Asked, mark: string, problem: string | null): Page;
  stop(problem: string): Page;
}

const shown = ({ user_id: _own, is_active: _known, ...grant }: GrantRow) => ({
  ...grant,
  scopes: grant.scopes.split(','),
});

/** The prefix makes browsers refuse the cookie from anywhere but this very host, over https. */
const cookieOf = (base: string): string => (base.startsWith('https:') ? '__Host-engram-oauth' : 'engram-oauth');
const NONCE = /^[0-9a-f]{64}$/;
const COOKIE_SECS = 3600;

export function oauthRoutes(oauth: OAuth, pages: Pages, ids: Ids): Route[] {
  type Context = Pick<CallContext, 'header' | 'peer'>;
  const host = ({ header }: Context) => header('host');

  async function answer(context: Context, work: (browser: Browser) => Promise<Outcome>): Promise<Response> {
    const headers = new Headers({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
    const page = ({ html, headers: more }: Page, status: number) => {
      for (const [name, value] of Object.entries(more)) headers.set(name, value);
      return new Response(html, { status, headers });
    };
    let base: string;
    try {
      base = oauth.base(host(context));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return page(pages.stop(error.message), 404);
    }
    const name = cookieOf(base);
    const sent = cookieNamed(context.header('cookie'), name) ?? '';
    const nonce = NONCE.test(sent) ? sent : ids.randomHex(32);
    const outcome = await work({ base, nonce, peer: context.peer, origin: context.header('origin') });
    if (outcome.kind === 'back') {
      headers.set('location', outcome.url);
      return new Response(null, { status: outcome.status, headers });
    }
    if (outcome.kind === 'stop') return page(pages.stop(outcome.problem), outcome.status);
    // Lax, so that it is there again when a program sends the person here a second time; forms of other sites send it not.
    const secure = base.startsWith('https:') ? '; Secure' : '';
    headers.set('set-cookie', `${name}=${nonce}; Path=/; Max-Age=${COOKIE_SECS}; HttpOnly; SameSite=Lax${secure}`);
    const { asked, mark, problem } = outcome;
    return page(pages.ask(asked, mark, problem), problem === null ? 200 : 403);
  }

  return [
    route(protectedResource, (_input, context) => oauth.protectedResource(host(context), false)),
    route(protectedServer, (_input, context) => oauth.protectedResource(host(context), true)),
    route(authorizationServer, (_input, context) => oauth.authorizationServer(host(context))),
    route(registerClient, ({ body }, context) => oauth.register(body, host(context), context.peer)),
    route(authorize, ({ query }, context) => answer(context, (browser) => oauth.consent.show(query, browser))),
    route(consent, ({ body }, context) => answer(context, (browser) => oauth.consent.decide(body, browser))),
    route(exchangeToken, ({ body }, context) => oauth.exchange(body, host(context), context.peer)),
    route(revokeToken, async ({ body }, context) => {
      await oauth.revoke(body, host(context), context.peer);
      return {};
    }),
    route(listGrants, async (_input, { scope }) => {
      const grants = await oauth.grants(scope);
      return { grants: grants.map(shown), count: grants.length };
    }),
    route(endGrant, async ({ params }, { scope }) => {
      await oauth.end(scope, params.id);
      return { ended: true as const, id: params.id };
    }),
  ];
}
