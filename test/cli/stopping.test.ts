// How the server stops while somebody follows a stream, and while somebody does not let it finish.
import { afterEach, expect, it, vi } from 'vitest';
import { createApp } from '../../src/app.ts';
import { silentLogger } from '../../src/core/log.ts';
import type { Listening } from '../../src/entry/cli/machine.ts';
import { run } from '../../src/entry/cli/run.ts';
import { thisHost } from '../../src/platform/host.ts';
import { tempDir } from '../support/app.ts';
import { serve } from '../support/cli.ts';
import { reader } from '../support/event-stream.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('a server ends the streams it has open, and cuts off nobody', async () => {
  const server = await serve(tempDir());
  const key = (await server.call(['bootstrap'])).out.trim();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const post = (path: string, body: object) =>
    fetch(`${server.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const { id } = (await (await post('/sessions', { agent: 'ada' })).json()) as { id: string };
  const heard = reader(await fetch(`${server.url}/sessions/${id}/stream`, { headers }));
  await post(`/sessions/${id}/append`, { line: 'one' });
  expect(await heard.next()).toMatchObject({ event: 'output', id: '1' });
  const rest = heard.rest();
  expect(await server.stop()).toBe(0);
  // It would throw had the connection been cut.
  expect(await rest).toEqual([]);
  expect(server.seen.out).toContain('Stopping');
  expect(server.seen.out).not.toContain('cut off');
});

/** `engram serve` in this process, told to stop as soon as it listens. */
async function stopped(listening: (events: string[]) => Pick<Listening, 'close'>) {
  const dir = tempDir();
  const events: string[] = [];
  let out = '';
  const terminal = { isTTY: false, write: (text: string) => void (out += text) };
  const refuse = () => {
    throw new Error('serving asks for nothing of the kind');
  };
  const env = { ENGRAM_DATA_DIR: dir, ENGRAM_EMBEDDING_MODEL: 'none' };
  const code = await run({
    ...{
      argv: ['serve'],
      env,
      cwd: dir,
      home: dir,
      version: '0.0.0',
      now: () => 0,
      vault: refuse,
      newStoreKey: refuse,
      backups: refuse,
    },
    ...{ stdin: { isTTY: true, bytes: refuse }, out: terminal, err: terminal },
    settle: (config) => config,
    host: thisHost(),
    ...{ readFile: () => null, storeExists: () => false, isLocked: () => false, explain: () => null, models: refuse },
    inspect: { runtime: refuse, folder: refuse, database: refuse, model: refuse, llm: refuse },
    async openApp(config) {
      const app = await createApp(config, { logger: silentLogger });
      app.streams.add(() => events.push('streams end'));
      const close = async () => {
        events.push('store closes');
        await app.close();
      };
      return { ...app, close };
    },
    listen: async () => ({ port: 1, url: 'http://127.0.0.1:1', ...listening(events) }),
    untilStopped: async () => {},
  });
  return { code, out, events };
}

it('streams end before the listener is waited for, and the store closes last', async () => {
  const { code, out, events } = await stopped((events) => ({
    async close() {
      events.push('listener closes');
    },
  }));
  expect(events).toEqual(['streams end', 'listener closes', 'store closes']);
  expect(out).not.toContain('cut off');
  expect(code).toBe(0);
});

it('requests that do not end are cut off after eight seconds, and it says so', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const { code, out, events } = await stopped((events) => ({
    close() {
      events.push('listener waits');
      void vi.advanceTimersByTimeAsync(7_999).then(() => {
        events.push('8 s');
        return vi.advanceTimersByTimeAsync(1);
      });
      return new Promise(() => {});
    },
  }));
  expect(events).toEqual(['streams end', 'listener waits', '8 s', 'store closes']);
  expect(out).toContain('Some requests were not answered within 8 s; they are cut off.\n');
  expect(code).toBe(0);
});
