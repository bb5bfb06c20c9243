// A listening server and the libraries that others use: what they check, and refuse to go on without, is there.
import {
  Client,
  type OAuthClientInformationMixed,
  type OAuthClientMetadata,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type OAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import * as lib from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listener, listen } from '../src/platform/listen.ts';
import { type Caller, createTestApp, type TestApp } from './support/app.ts';
import * as oauth from './support/oauth.ts';

let app: TestApp;
let server: Listener;
/** A browser: it sends what it is told to where it is told to, and follows nothing by itself. */
let browser: Caller;
beforeAll(async () => {
  app = await createTestApp();
  server = await listen(app.fetch, { host: '127.0.0.1', port: 0, maxBodyBytes: 1_048_576 });
  browser = async (method, path, body, headers = {}) => {
    const sent = body === undefined ? {} : { body: String(body) };
    const answer = await fetch(new URL(path, server.url), { method, headers, redirect: 'manual', ...sent });
    return { status: answer.status, headers: answer.headers, body: await answer.text() };
  };
});
afterAll(async () => {
  await server.close();
  await app.close();
});

/** What a person does with the page that a program opened. @returns where they end up */
async function allowed(url: URL): Promise<URL> {
  const page = oauth.pageIn(await browser('GET', `${url.pathname}${url.search}`));
  expect(page.answer.status, page.answer.body).toBe(200);
  const answer = await oauth.answerPage(
    browser,
    page,
    { decision: 'allow', key: app.key },
    { origin: server.url, 'sec-fetch-site': 'same-origin' },
  );
  expect(answer.status, answer.body).toBe(303);
  return new URL(answer.headers.get('location')!);
}

describe('oauth4webapi', () => {
  it('finds its way from the address of /mcp to a token, renews it and gives it back', async () => {
    const insecure = { [lib.allowInsecureRequests]: true };
    const resource = new URL('/mcp', server.url);
    const found = await lib.resourceDiscoveryRequest(resource, insecure);
    const protectedBy = await lib.processResourceDiscoveryResponse(resource, found);
    const issuer = new URL(protectedBy.authorization_servers![0]!);
    const as = await lib.processDiscoveryResponse(
      issuer,
      await lib.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    );
    const redirect_uri = 'http://127.0.0.1:53682/callback';
    const client = await lib.processDynamicClientRegistrationResponse(
      await lib.dynamicClientRegistrationRequest(
        as,
        { client_name: 'Library', redirect_uris: [redirect_uri] },
        insecure,
      ),
    );

    const verifier = lib.generateRandomCodeVerifier();
    const state = lib.generateRandomState();
    const url = new URL(as.authorization_endpoint!);
    url.search = new URLSearchParams({
      ...{ response_type: 'code', client_id: client.client_id, redirect_uri, state, scope: 'read write' },
      ...{ code_challenge: await lib.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' },
      resource: resource.href,
    }).toString();
    const answer = lib.validateAuthResponse(as, client, await allowed(url), state);
    const first = await lib.processAuthorizationCodeResponse(
      as,
      client,
      await lib.authorizationCodeGrantRequest(as, client, lib.None(), answer, redirect_uri, verifier, insecure),
    );
    expect(first).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'read write' });

    const read = (token: string) =>
      lib.protectedResourceRequest(token, 'GET', new URL('/list', server.url), undefined, null, insecure);
    expect((await read(first.access_token)).status).toBe(200);
    const second = await lib.processRefreshTokenResponse(
      as,
      client,
      await lib.refreshTokenGrantRequest(as, client, lib.None(), first.refresh_token!, insecure),
    );
    expect((await read(second.access_token)).status).toBe(200);

    await lib.processRevocationResponse(
      await lib.revocationRequest(as, client, lib.None(), second.refresh_token!, insecure),
    );
    await expect(read(second.access_token)).rejects.toMatchObject({ code: lib.WWW_AUTHENTICATE_CHALLENGE });
    const late = lib.refreshTokenGrantRequest(as, client, lib.None(), second.refresh_token!, insecure);
    await expect(late.then((response) => lib.processRefreshTokenResponse(as, client, response))).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });
});

/** Keeps everything in memory; a person is where `opened` is looked at. */
class Provider implements OAuthClientProvider {
  readonly redirectUrl = 'http://localhost:43110/callback';
  readonly clientMetadata: OAuthClientMetadata = { client_name: 'Agent', redirect_uris: [this.redirectUrl] };
  opened: URL | null = null;
  private information: OAuthClientInformationMixed | undefined;
  saved: OAuthTokens | undefined;
  private verifier = '';
  private discovered: OAuthDiscoveryState | undefined;
  state = () => 'agent-state';
  clientInformation = () => this.information;
  saveClientInformation = (information: OAuthClientInformationMixed): void => {
    this.information = information;
  };
  saveDiscoveryState = (state: OAuthDiscoveryState): void => {
    this.discovered = state;
  };
  discoveryState = () => this.discovered;
  tokens = () => this.saved;
  saveTokens = (tokens: OAuthTokens): void => {
    this.saved = tokens;
  };
  redirectToAuthorization = (url: URL): void => {
    this.opened = url;
  };
  saveCodeVerifier = (verifier: string): void => {
    this.verifier = verifier;
  };
  codeVerifier = () => this.verifier;
}

describe('the client of the MCP SDK', () => {
  const connectTo = async (provider: Provider) => {
    const client = new Client({ name: 'test', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(new URL('/mcp', server.url), { authProvider: provider });
    return { client, transport, connected: client.connect(transport) };
  };

  it('is told where to go, goes there, and calls tools with what it got', async () => {
    const bare = await fetch(new URL('/mcp', server.url), { method: 'POST', body: '{}' });
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer resource_metadata="${server.url}/.well-known/oauth-protected-resource/mcp", scope="read write"`,
    ]);

    const provider = new Provider();
    const before = await connectTo(provider);
    await expect(before.connected).rejects.toBeInstanceOf(UnauthorizedError);
    expect(provider.opened?.searchParams.get('resource')).toBe(`${server.url}/mcp`);
    const back = await allowed(provider.opened!);
    expect(back.searchParams.get('state')).toBe('agent-state');
    await before.transport.finishAuth(back.searchParams);
    expect(provider.saved?.scope).toBe('read write');

    const after = await connectTo(provider);
    await after.connected;
    const { tools } = await after.client.listTools();
    expect(tools.length).toBeGreaterThan(0);
    await after.client.close();
  });

  it('renews an access token that is over without asking anybody', async () => {
    const provider = new Provider();
    const before = await connectTo(provider);
    await expect(before.connected).rejects.toBeInstanceOf(UnauthorizedError);
    await before.transport.finishAuth((await allowed(provider.opened!)).searchParams);
    const { access_token } = provider.saved!;
    provider.opened = null;
    app.clock.advance(3_600_000);
    const after = await connectTo(provider);
    await after.connected;
    await after.client.listTools();
    expect(provider.saved!.access_token).not.toBe(access_token);
    expect(provider.opened).toBeNull();
    await after.client.close();
  });
});
