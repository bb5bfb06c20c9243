// Texts, pages and files that become memories.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { zipWriter } from '../src/algo/zip.ts';
import { createTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
beforeEach(async () => {
  app = await createTestApp();
});
afterEach(() => app.close());

const post = (path: string, body: unknown, headers = {}) => app.call('POST', path, body, headers);
const contents = async () =>
  ((await app.call('GET', '/list?limit=1000')).body.results as { content: string }[]).map(({ content }) => content);
const encode = (text: string) => new TextEncoder().encode(text);
const sha = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

describe('POST /ingest', () => {
  it('takes in a text once', async () => {
    const text = '# Handbook\n\nHolidays are asked for in March.\n\n# Pay\n\nPay day is the 25th.';
    const { status, body } = await post('/ingest', { text, url: '' });
    expect(status).toBe(200);
    expect(body).toMatchObject({ ingested: 1, source: 'text', title: 'Handbook', chunks_processed: 1, errors: [] });
    const again = await post('/ingest', { text });
    expect(again.body).toMatchObject({ ingested: 0, errors: [expect.stringContaining('already ingested')] });
    expect(await contents()).toHaveLength(1);
  });

  it('cuts long texts between sections and sentences', async () => {
    const section = (n: number) => `## Part ${n}\n\n${`Sentence ${n} of the part goes on for a while. `.repeat(40)}`;
    const { body } = await post('/ingest', { text: Array.from({ length: 12 }, (_, n) => section(n)).join('\n\n') });
    expect(body.ingested).toBe(body.chunks_processed);
    const all = await contents();
    expect(all.length).toBeGreaterThan(5);
    for (const content of all) {
      expect(content.length).toBeLessThanOrEqual(3000);
      expect(content).toMatch(/^## Part/);
    }
  });

  it('refuses nothing, blanks and too much', async () => {
    for (const body of [{}, { text: '   ' }, { url: '' }]) {
      const answer = await post('/ingest', body);
      expect([answer.status, answer.body.error]).toEqual([400, expect.stringContaining('text parameter is required')]);
    }
    expect((await post('/ingest', { text: 'x'.repeat(1024 * 1024 + 1) })).status).toBe(400);
  });

  it.each([
    'http://127.0.0.1/',
    'http://localhost/',
    'http://169.254.169.254/latest',
    'http://[::1]/',
    'ftp://example.com/',
    'nonsense',
  ])('refuses to read %s', async (url) => {
    for (const path of ['/ingest', '/ingest/stream', '/import/bulk']) {
      const answer = await post(path, { url });
      expect([answer.status, answer.body.code]).toEqual([400, 'page_refused']);
    }
  });

  it('reads pages, following redirects as far as they are allowed', async () => {
    await app.close();
    app = await createTestApp({ env: { ENGRAM_WEBHOOK_ALLOW_PRIVATE: '1' } });
    const server = createServer((request, response) => {
      if (request.url === '/old') response.writeHead(302, { location: '/page' }).end();
      else if (request.url === '/gone') response.writeHead(404).end();
      else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end(
            '<html><head><title>Opening &amp; hours</title><script>evil()</script></head><body><h1>Hours</h1><p>Open from <b>nine</b> to five.</p></body></html>',
          );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      const { body } = await post('/ingest', { url: `${base}/old` });
      expect(body).toMatchObject({ ingested: 1, title: 'Opening & hours' });
      expect(await contents()).toEqual(['# Hours\n\nOpen from nine to five.']);
      expect((await post('/ingest', { url: `${base}/page` })).body.ingested).toBe(0);
      for (const path of ['/gone', '/loop'])
        expect((await post('/ingest', { url: base + path })).body.code).toBe('page_failed');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('POST /ingest/stream and /import/bulk', () => {
  it('tell of every step', async () => {
    const { headers, body } = await post(
      '/ingest/stream',
      { text: 'The lift is out of order.' },
      { accept: 'text/event-stream' },
    );
    expect(headers.get('content-type')).toMatch(/^text\/event-stream/);
    const steps = [...body.matchAll(/^event: progress\ndata: (.*)$/gm)].map(([, data]) => JSON.parse(data!));
    expect(steps.map(({ type }) => type)).toEqual(['detected', 'parsed', 'chunked', 'processed', 'done']);
    expect(steps[0].job_id).toMatch(/^ingest_[0-9a-f]{8}$/);
    expect(body).toContain('"type":"done"');
    const again = await post('/ingest/stream', { text: 'The lift is out of order.' }, { accept: 'text/event-stream' });
    expect(again.body).toContain('"type":"skipped"');
  });

  it('answer one result without a wish for events', async () => {
    const { status, body } = await post('/ingest/stream', { text: 'The lift works again.' });
    expect(status).toBe(200);
    expect(body).toContain('event: result');
    expect(body).toContain('"status":"completed"');
    expect((await post('/ingest/stream', {}, { accept: 'text/event-stream' })).status).toBe(400);
  });

  it('take named formats', async () => {
    const csv = 'name,city\n"Ada, Countess",London\nGrace,"New\nYork"';
    const { status, body } = await post('/import/bulk', { text: csv, format: 'csv', mode: 'raw' });
    expect(status).toBe(202);
    expect(body).toMatchObject({ status: 'completed', total_documents: 1, total_memories: 1 });
    expect((await contents())[0]).toBe('name: Ada, Countess; city: London\nname: Grace; city: New\nYork');
    expect((await post('/import/bulk', { text: 'x', format: 'rtf' })).body.code).toBe('unsupported_document');
  });
});

describe('uploads', () => {
  const init = async (more = {}) => (await post('/ingest/upload/init', more)).body.upload_id as string;
  const chunk = (upload_id: string, chunk_index: number, bytes: Uint8Array, chunk_hash = sha(bytes)) =>
    post('/ingest/upload/chunk', { upload_id, chunk_index, chunk_hash, data: Buffer.from(bytes).toString('base64') });

  it('come in pieces, in any order, each as often as one likes', async () => {
    const text = encode('The first part. The second part. The third part.');
    const parts = [text.subarray(0, 16), text.subarray(16, 33), text.subarray(33)];
    const begun = await post('/ingest/upload/init', {
      filename: 'notes.txt',
      content_type: 'text/plain',
      total_chunks: 3,
      source: 'test',
    });
    expect(begun.status).toBe(201);
    const { upload_id } = begun.body;
    for (const [n, at] of [2, 0, 1].entries())
      expect((await chunk(upload_id, at, parts[at]!)).body.chunks_received).toBe(n + 1);
    expect((await chunk(upload_id, 1, parts[1]!)).body.chunks_received).toBe(3);
    const { status, body } = await post('/ingest/upload/complete', {
      upload_id,
      total_chunks: 3,
      final_sha256: sha(text),
      mode: 'raw',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'completed', ingested_memories: 1, total_bytes: text.length, errors: [] });
    expect(await contents()).toEqual(['The first part. The second part. The third part.']);
    expect((await post('/ingest/upload/complete', { upload_id })).status).toBe(400);
    const { rows } = await app.database.reader.db
      .selectFrom('upload_chunks')
      .selectAll()
      .execute()
      .then((rows) => ({ rows }));
    expect(rows).toEqual([]);
  });

  it('refuse what is wrong', async () => {
    const id = await init();
    const one = encode('one');
    expect((await chunk(id, 0, one, '0'.repeat(64))).status).toBe(400);
    expect((await chunk(id, -1, one)).status).toBe(400);
    expect(
      (await post('/ingest/upload/chunk', { upload_id: id, chunk_index: 0, chunk_hash: sha(''), data: '' })).status,
    ).toBe(400);
    expect(
      (await post('/ingest/upload/chunk', { upload_id: id, chunk_index: 0, chunk_hash: sha('x'), data: '%%%%' }))
        .status,
    ).toBe(400);
    expect((await post('/ingest/upload/complete', { upload_id: id })).status).toBe(400);
    expect((await chunk('nope', 0, one)).status).toBe(404);
    await chunk(id, 0, one);
    await chunk(id, 2, one);
    expect((await app.call('GET', `/ingest/upload/${id}/status`)).body).toMatchObject({
      received_indices: [0, 2],
      chunks_received: 2,
      status: 'active',
    });
    expect((await post('/ingest/upload/complete', { upload_id: id })).status).toBe(400);
    const stranger = await app.newUser('eve');
    expect((await stranger('GET', `/ingest/upload/${id}/status`)).status).toBe(404);
    expect((await stranger('POST', '/ingest/upload/abort', { upload_id: id })).status).toBe(404);
    expect((await post('/ingest/upload/abort', { upload_id: id })).body.status).toBe('aborted');
    expect((await chunk(id, 1, one)).status).toBe(400);
    expect((await post('/ingest/upload/init', { total_size: 268_435_457 })).status).toBe(400);
  });

  it('go away after a day', async () => {
    const id = await init();
    await chunk(id, 0, encode('one'));
    app.clock.advance(86_400_000 + 1000);
    expect((await chunk(id, 1, encode('two'))).status).toBe(400);
  });

  async function completed(filename: string, bytes: Uint8Array) {
    const upload_id = await init({ filename });
    await chunk(upload_id, 0, bytes);
    return post('/ingest/upload/complete', { upload_id, mode: 'raw' });
  }

  it('read Word documents and archives', async () => {
    const docx = zipWriter();
    const xml =
      '<w:document><w:body><w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr><w:r><w:t>Minutes</w:t></w:r></w:p><w:p><w:r><w:t>Ann &amp; Bob </w:t></w:r><w:r><w:t>met.</w:t></w:r></w:p></w:body></w:document>';
    const word = Buffer.concat([
      docx.file('[Content_Types].xml', encode('<x/>')),
      docx.file('word/document.xml', encode(xml)),
      docx.end(),
    ]);
    expect((await completed('minutes.docx', word)).body).toMatchObject({ ingested_memories: 1, errors: [] });
    expect(await contents()).toEqual(['# Minutes\n\nAnn & Bob met.']);
    const zip = zipWriter();
    const all = Buffer.concat([
      zip.file('a/notes.md', encode('# Notes\n\nBuy milk.')),
      zip.file('b.txt', encode('Call home.')),
      zip.file('c.bin', new Uint8Array([255, 0, 254])),
      zip.end(),
    ]);
    const { body } = await completed('all.zip', all);
    expect(body).toMatchObject({ ingested_memories: 2, errors: [expect.stringContaining('c.bin')] });
  });

  it('say what they cannot read', async () => {
    const pdf = new Uint8Array([...encode('%PDF-1.7\n'), 0xff, 0xfe, 0x80]);
    const { status, body } = await completed('paper.pdf', pdf);
    expect(status).toBe(200);
    expect(body.ingested_memories).toBe(0);
    expect(body.errors[0]).not.toMatch(/utf-?8/i);
    const bad = zipWriter();
    const slip = Buffer.concat([bad.file('../../x.md', encode('x')), bad.end()]);
    expect((await completed('slip.zip', slip)).body.errors[0]).toContain('leads out of it');
  });
});
