// The official suite for MCP servers, against the real endpoint. It knows no keys, so the key is added on the way in.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Listener, listen } from '../../src/platform/listen.ts';
import { createTestApp, type TestApp, tempDir } from '../support/app.ts';
import { addConformanceParts } from './conformance-parts.ts';

const SUITE = join(import.meta.dirname, 'node_modules/@modelcontextprotocol/conformance/dist/index.js');

/** Scenarios about what every server does. */
const GENERAL = [
  'server-initialize',
  'ping',
  'tools-list',
  'resources-list',
  'prompts-list',
  'dns-rebinding-protection',
];
/** Scenarios that call tools, resources and prompts of the suite's own. */
const WITH_PARTS = [
  ...['completion-complete', 'logging-set-level', 'json-schema-2020-12'],
  ...['tools-call-simple-text', 'tools-call-image', 'tools-call-audio', 'tools-call-embedded-resource'],
  ...['tools-call-mixed-content', 'tools-call-with-logging', 'tools-call-error', 'tools-call-with-progress'],
  ...['resources-read-text', 'resources-read-binary', 'resources-templates-read'],
  ...['resources-subscribe', 'resources-unsubscribe', 'server-sse-multiple-streams'],
  ...['prompts-get-simple', 'prompts-get-with-args', 'prompts-get-embedded-resource', 'prompts-get-with-image'],
];

/** @returns what it printed when it failed; null when it passed */
const run = (scenario: string, url: string): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [SUITE, 'server', '--url', url, '--scenario', scenario],
      { cwd: tempDir(), env: { PATH: process.env.PATH, HOME: tempDir(), NO_PROXY: '127.0.0.1,localhost' } },
      (error, out, err) => resolve(error === null && !/\b[1-9]\d* failed/i.test(out) ? null : out + err),
    );
  });

describe.each([
  ['as it is', GENERAL, undefined],
  ['with the parts the suite calls', WITH_PARTS, addConformanceParts],
] as const)('the server %s', (_, scenarios, extendMcp) => {
  let app: TestApp;
  let listener: Listener;
  let url: string;
  beforeAll(async () => {
    app = await createTestApp({ ports: extendMcp ? { extendMcp } : {} });
    const withKey: TestApp['fetch'] = (request, env) => {
      request.headers.set('authorization', `Bearer ${app.key}`);
      return app.fetch(request, env);
    };
    listener = await listen(withKey, { host: '127.0.0.1', port: 0, maxBodyBytes: 1024 * 1024 });
    url = `${listener.url}/mcp`;
  });
  afterAll(async () => {
    app.streams.endAll();
    await listener.close();
    await app.close();
  });
  it.each(scenarios)('%s', async (scenario) => {
    expect(await run(scenario, url)).toBeNull();
  });
});
