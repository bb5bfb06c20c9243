// The command line of the MCP Inspector, against both transports of the real program.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { engram, type Running, serve } from '../support/cli.ts';

const INSPECTOR = join(
  import.meta.dirname,
  'node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js',
);
const MAIN = join(import.meta.dirname, '../../src/main.ts');
const PLAIN = { ENGRAM_EMBEDDING_MODEL: 'none' };

let server: Running;
let key: string;
const home = tempDir();
beforeAll(async () => {
  server = await serve(join(home, 'data'), { env: PLAIN, cwd: home });
  key = (await server.call(['bootstrap', '--quiet'])).out.trim();
});
afterAll(() => server.stop());

/** @returns what the inspector printed, as JSON */
const inspect = (target: readonly string[], ...words: string[]): Promise<Record<string, unknown>> =>
  new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      ['--bun', INSPECTOR, '--cli', ...target, ...words],
      { cwd: home, env: { PATH: process.env.PATH, HOME: home, NO_PROXY: '127.0.0.1,localhost' } },
      (error, out, err) => (error ? reject(new Error(`${error.message} ${out} ${err}`)) : resolve(JSON.parse(out))),
    );
  });

describe.each([
  ['HTTP', () => [`${server.url}/mcp`, '--transport', 'http', '--header', `Authorization: Bearer ${key}`]],
  ['stdio', () => ['-e', `ENGRAM_URL=${server.url}`, '-e', `ENGRAM_API_KEY=${key}`, process.execPath, MAIN, 'mcp']],
] as const)('over %s', (name, target) => {
  it('lists and calls tools, lists resources and prompts', async () => {
    const { tools } = await inspect(target(), '--method', 'tools/list');
    expect(tools).toHaveLength(8);
    const content = `Seen over ${name}`;
    const stored = await inspect(
      ...([
        target(),
        '--method',
        'tools/call',
        '--tool-name',
        'memory_store',
        '--tool-arg',
        `content=${content}`,
      ] as const),
    );
    expect(stored.structuredContent).toMatchObject({ created: true });
    const listed = await engram(['--server', server.url, 'list'], { env: { ENGRAM_API_KEY: key } });
    expect(listed.out).toContain(content);
    expect((await inspect(target(), '--method', 'resources/list')).resources).toHaveLength(3);
    expect((await inspect(target(), '--method', 'prompts/list')).prompts).toHaveLength(3);
  });
});
