// Pulling models on bad days: connections that break, hubs that refuse or redirect, and contents that are not what was asked for.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Answering, hang, sendFile, sha256, startModelHub, status } from '../../../test/support/model-hub.ts';
import { modelStore } from './installed.ts';
import {
  cutting,
  dir,
  FILES,
  failing,
  hub,
  ONNX,
  pauses,
  pull,
  REPO,
  read,
  resolved,
  useHub,
  WEIGHTS,
} from './pull-testkit.ts';

useHub();

describe('a bad connection', () => {
  beforeEach(() => void hub.publish(REPO, FILES));

  it('is taken up where it broke, within a run', async () => {
    const pulled = await pull('bge-small-en', cutting(500_000));
    const [, second] = resolved();
    expect(second!.headers.range).toBe('bytes=500000-');
    expect(second!.headers['if-range']).toBe(`"${sha256(WEIGHTS).slice(0, 16)}"`);
    expect(pulled.transferred_bytes).toBe(pulled.size_bytes);
    expect(pauses).toEqual([1000]);
  });

  it('is taken up by the next run too, and only the rest is transferred', async () => {
    const cut = cutting(200_000);
    hub.answer('onnx', status(503), 9);
    expect((await failing('bge-small-en', cut)).code).toBe('hub_failed');
    expect(modelStore(dir).folderOf('bge-small-en')).toBe(null);
    hub.seen.length = 0;
    await hub.close();
    const again = await startModelHub();
    again.publish(REPO, FILES);
    const pulled = await pull('bge-small-en', { address: again.url });
    expect(again.seen.find(({ headers }) => headers.range)?.headers.range).toBe('bytes=200000-');
    expect(pulled.transferred_bytes).toBe(pulled.size_bytes - 200_000);
    expect(read(`bge-small-en/${ONNX}`).equals(WEIGHTS)).toBe(true);
    await again.close();
  });

  it('begins anew where the server knows no ranges', async () => {
    const cut = cutting(100_000);
    hub.answer('onnx', (_, response, content) => {
      response.writeHead(200, { 'content-length': content.byteLength });
      response.end(content);
    });
    const pulled = await pull('bge-small-en', cut);
    expect(pulled.transferred_bytes).toBe(pulled.size_bytes + 100_000);
    expect(read(`bge-small-en/${ONNX}`).equals(WEIGHTS)).toBe(true);
  });

  it('throws away what an earlier run left when it turns out damaged', async () => {
    const cut = cutting(300_000);
    hub.answer('onnx', status(503), 9);
    await failing('bge-small-en', cut);
    const part = join(dir, '.incoming', 'bge-small-en', `${ONNX}.part`);
    const kept = readFileSync(part);
    kept[1000]! ^= 1;
    writeFileSync(part, kept);
    const again = await startModelHub();
    again.publish(REPO, FILES);
    const pulled = await pull('bge-small-en', { address: again.url });
    expect(again.seen.filter(({ path }) => path.endsWith(ONNX)).length).toBe(2);
    expect(pulled.transferred_bytes).toBe(2 * WEIGHTS.byteLength - 300_000 + 15);
    expect(read(`bge-small-en/${ONNX}`).equals(WEIGHTS)).toBe(true);
    await again.close();
  });

  it('gives up after a few tries without progress, with growing pauses', async () => {
    hub.answer('resolve', status(500), 99);
    const { code, said } = await failing('bge-small-en');
    expect({ code, pauses }).toEqual({ code: 'hub_failed', pauses: [1000, 2000, 4000] });
    expect(said).toMatch(/does not work at the moment \(HTTP 500\)/);
  });

  it('waits as long as it is asked to, unless that is too long', async () => {
    hub.answer('revision', status(429, { 'retry-after': '7' }));
    hub.answer('tree', status(503, { 'retry-after': 'Mon, 02 Mar 2026 12:00:30 GMT' }));
    await pull('bge-small-en');
    expect(pauses).toEqual([7000, 30_000]);
    hub.answer('revision', status(429, { 'retry-after': '600' }));
    hub.publish('ada/other', FILES);
    expect((await failing('ada/other')).said).toMatch(/asked too often .* try again in 10 minutes/);
  });

  it('notices silence, before an answer and in the middle of one', async () => {
    hub.answer('revision', hang);
    hub.answer('resolve', (_, response, content) => {
      response.writeHead(200, { 'content-length': content.byteLength });
      response.write(content.subarray(0, 1000));
    });
    await pull('bge-small-en', { stall_ms: 300 });
    expect(pauses).toEqual([1000, 1000]);
    hub.publish('ada/other', FILES);
    hub.answer('revision', hang, 99);
    const { code, said } = await failing('ada/other', { stall_ms: 100 });
    expect(code).toBe('unreachable');
    expect(said).toContain('has sent nothing for 0.1 s');
  });

  it('says when nobody is there', async () => {
    const gone = hub.url;
    await hub.close();
    const { code, said } = await failing('bge-small-en', { address: gone });
    expect(code).toBe('unreachable');
    expect(said).toMatch(/cannot be reached.*ECONNREFUSED.*ENGRAM_MODEL_HUB/s);
    const nowhere = await failing('bge-small-en', { address: 'http://hub.invalid' });
    expect(nowhere.said).toContain('http://hub.invalid cannot be reached');
  });
});

describe('a hub that refuses', () => {
  it.each([401, 403])('with %i wants a token, or another one', async (code) => {
    hub.answer('revision', status(code, { 'x-error-code': 'GatedRepo' }), 2);
    const without = await failing('bge-small-en');
    expect(without.code).toBe('unauthorized');
    expect(without.said).toMatch(/terms have to be accepted.*ENGRAM_MODEL_HUB_TOKEN/);
    expect((await failing('bge-small-en', { token: 'hf_x' })).said).toContain('the token in ENGRAM_MODEL_HUB_TOKEN');
    expect(pauses).toEqual([]);
  });

  it('with 404 does not have it, and an unknown repository may look like a private one', async () => {
    const { code, said } = await failing('bge-small-en');
    expect(code).toBe('not_found');
    expect(said).toContain(`${hub.url} does not have ${REPO}`);
    hub.answer('revision', status(401, { 'x-error-code': 'RepoNotFound' }));
    expect((await failing('bge-small-en')).said).toMatch(/does not have.*If it is private, set ENGRAM_MODEL_HUB_TOKEN/);
  });

  it('is no hub when it does not answer as one', async () => {
    hub.answer('revision', (_, response) => void response.end('<html>'));
    expect((await failing('bge-small-en')).said).toContain('does not answer with JSON');
    hub.answer('revision', (_, response) => void response.end('{"sha":"../../etc"}'));
    expect((await failing('bge-small-en')).said).toContain('unknown shape');
  });
});

describe('a redirect', () => {
  it('leads to another host, to which the token is not shown', async () => {
    hub.publish(REPO, FILES);
    const cdn = await startModelHub();
    cdn.publish(REPO, FILES);
    hub.elsewhere(cdn);
    await pull('bge-small-en', { token: 'hf_secret' });
    expect(hub.seen.every(({ headers }) => headers.authorization === 'Bearer hf_secret')).toBe(true);
    expect(cdn.seen.map(({ path }) => path)).toEqual([expect.stringContaining(`${ONNX}?signature=secret`)]);
    expect(cdn.seen[0]!.headers.authorization).toBeUndefined();
    await cdn.close();
  });

  it('is followed to a new name on the same host, with the token; not in circles, not to a file', async () => {
    const commit = hub.publish('ada/renamed', FILES);
    const renamed: Answering = (request, response) =>
      void response.writeHead(307, { location: request.url!.replace('ada/old', 'ada/renamed') }).end();
    hub.answer('ada/old', renamed, 5);
    expect(await pull('ada/old', { token: 't' })).toMatchObject({ revision: commit });
    expect(hub.seen.length).toBe(10);
    expect(hub.seen.every(({ headers }) => headers.authorization === 'Bearer t')).toBe(true);
    const to =
      (location: string): Answering =>
      (_, response) =>
        void response.writeHead(302, { location }).end();
    hub.answer('ada/round', to('/api/models/ada/round/revision/main'), 99);
    expect((await failing('ada/round')).said).toContain('in a circle');
    hub.answer('ada/file', to('file:///etc/passwd'));
    expect((await failing('ada/file')).said).toContain('no web address');
  });
});

describe('what arrives is checked', () => {
  beforeEach(() => void hub.publish(REPO, FILES));
  const nothingInstalled = () => expect(existsSync(join(dir, 'bge-small-en'))).toBe(false);

  it.each([
    ['fewer', WEIGHTS.byteLength - 7],
    ['more', WEIGHTS.byteLength + 7],
  ])('%s bytes than the list announced', async (_, size) => {
    hub.announce(ONNX, { size });
    const { code, said } = await failing('bge-small-en');
    expect(code).toBe('damaged');
    expect(said).toContain(`${WEIGHTS.byteLength} bytes instead of ${size}`);
    nothingInstalled();
  });

  const chunked =
    (change: (content: Uint8Array) => Uint8Array): Answering =>
    (_, response, content) => {
      response.writeHead(200);
      response.write(change(content));
      response.end();
    };

  it('a body that ends too early, or does not end', async () => {
    hub.answer(
      'onnx',
      chunked((content) => content.subarray(0, 1000)),
      99,
    );
    expect((await failing('bge-small-en')).said).toMatch(/ended after 1000 of the 1200000 bytes/);
    nothingInstalled();
    const fresh = await startModelHub();
    fresh.publish(REPO, FILES);
    fresh.answer(
      'onnx',
      chunked((content) => Buffer.concat([content, content])),
      99,
    );
    expect((await failing('bge-small-en', { address: fresh.url })).said).toMatch(/sends more than the 1200000 bytes/);
    await fresh.close();
    nothingInstalled();
  });

  it('another content of the right length, small files included', async () => {
    const flip: Answering = (request, response, content) =>
      sendFile(
        request,
        response,
        content.map((byte) => byte ^ 1),
      );
    hub.answer('onnx', flip);
    const large = await failing('bge-small-en');
    expect(large.code).toBe('damaged');
    expect(large.said).toMatch(new RegExp(`SHA-256 [0-9a-f]{64} instead of ${sha256(WEIGHTS)}`));
    hub.answer('tokenizer.json', flip);
    expect((await failing('bge-small-en')).said).toMatch(/tokenizer\.json .*git hash/);
    nothingInstalled();
    await pull('bge-small-en');
  });

  it('an answer for another commit', async () => {
    hub.answer('onnx', (request, response, content) =>
      sendFile(request, response, content, { 'x-repo-commit': 'f'.repeat(40) }),
    );
    expect((await failing('bge-small-en')).said).toContain(`commit ${'f'.repeat(40)} instead of`);
  });

  it.each(['../../evil.sh', '/etc/passwd', 'onnx/../../x', 'a\\b', 'C:x'])('a path such as %s', async (path) => {
    hub.publish(REPO, { ...FILES, [path]: 'boo' });
    const { code, said } = await failing('bge-small-en');
    expect(code).toBe('damaged');
    expect(said).toContain('outside of itself');
    expect(resolved()).toEqual([]);
  });

  it('a name that would leave the folder', async () => {
    for (const name of ['../evil', 'a/../b', '..', '.incoming', '', 'a/b/c']) {
      expect((await failing(name)).code).toBe('not_found');
      expect(modelStore(dir).folderOf(name)).toBe(null);
    }
    expect((await failing({ name: 'ada/x', file: '../x.onnx' })).code).toBe('invalid');
    expect((await failing('bge-n3')).said).toContain('did you mean bge-m3?');
  });
});
