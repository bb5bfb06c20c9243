import type { Actors } from '../../core/actor.ts';
import { type Route, route, withStatus } from '../../core/endpoint.ts';
import { AppError } from '../../core/errors.ts';
import * as contract from './contract.ts';
import type { Exports } from './export.ts';
import type { Report, Transfer } from './service.ts';

const TYPES: Record<contract.ExportFormat, readonly [type: string, file: string]> = {
  jsonl: ['application/x-ndjson; charset=utf-8', 'engram-export.jsonl'],
  json: ['application/json; charset=utf-8', 'engram-export.json'],
  markdown: ['application/zip', 'engram-export.zip'],
};

/** Made as it is read: a slow reader makes nothing pile up. Small pieces go out together. */
function streamed(
  pieces: AsyncGenerator<string | Uint8Array>,
  format: contract.ExportFormat,
  actors: Actors,
): Response {
  // The reader asks for more long after the handler has returned: that is still the same user asking.
  const actor = actors.current();
  const next = () => (actor === null ? pieces.next() : actors.run(actor, () => pieces.next()));
  const encoder = new TextEncoder();
  const [type, file] = TYPES[format];
  const enough = 64 * 1024;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      let text = '';
      for (;;) {
        const { value, done } = await next();
        if (typeof value === 'string') text += value;
        if (text !== '' && (done || text.length >= enough || typeof value !== 'string')) {
          controller.enqueue(encoder.encode(text));
          text = '';
          if (typeof value === 'string') return;
        }
        if (value instanceof Uint8Array) return controller.enqueue(value);
        if (done) return controller.close();
      }
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
  return new Response(stream, {
    headers: {
      'content-type': type,
      'content-disposition': `attachment; filename="${file}"`,
      'cache-control': 'no-store',
    },
  });
}

/** Formats as existing clients name them. */
const shortNames: Readonly<Record<string, string>> = { supermemory: 'array' };
const answered = ({ format, ...report }: Report) => ({
  ...report,
  format: shortNames[format] ?? format,
  read_as: format,
});

/** What an older server called these. */
const LISTS = ['items', 'array'];
function unwrapped(body: unknown): unknown {
  if (Array.isArray(body)) return body;
  const { format: _, dry_run: __, upload_id: ___, ...rest } = body as Record<string, unknown>;
  for (const name of LISTS) if (Array.isArray(rest[name])) return rest[name];
  return rest;
}

/** @throws AppError invalid_request where none of the lists is there */
function listed(body: unknown, names: readonly string[]): unknown {
  const list = Array.isArray(body)
    ? body
    : names.map((name) => (body as Record<string, unknown>)[name]).find(Array.isArray);
  if (!list) throw new AppError('invalid_request', `Send an array, or an object with one in ${names.join(' or ')}.`);
  if (list.length > contract.MAX_ITEMS)
    throw new AppError('invalid_request', `At most ${contract.MAX_ITEMS} entries at a time; these are ${list.length}.`);
  return list;
}

export const transferRoutes = (transfer: Transfer, exports: Exports, actors: Actors): Route[] => [
  route(contract.exportAll, ({ query: { format, vectors } }, { scope }) =>
    streamed(
      format === 'jsonl'
        ? exports.jsonl(scope, vectors)
        : format === 'json'
          ? exports.json(scope)
          : exports.markdown(scope),
      format,
      actors,
    ),
  ),
  route(contract.exportAdmin, (_input, { scope }) => streamed(exports.json(scope), 'json', actors)),
  route(contract.importItems, ({ body: { format, items, dry_run } }, { scope }) =>
    transfer.items(scope, format, items, dry_run),
  ),
  route(contract.importFormat, ({ body }) => transfer.detect(body.items)),
  route(contract.importJson, async ({ body: { version, memories, dry_run } }, { scope }) => {
    const report = await transfer.import(scope, { version, memories }, { format: 'engram', dry_run });
    const { imported, skipped, failed, duplicates, errors } = report;
    return {
      imported: { memories: imported, skipped: skipped + duplicates },
      failed,
      duplicates,
      errors: errors,
      dry_run,
    };
  }),
  route(contract.importMem0, async ({ body }, { scope }) => {
    const report = await transfer.import(scope, listed(body, ['memories', 'results']), {
      format: 'mem0',
      dry_run: false,
    });
    return { ...report, source: 'mem0' };
  }),
  route(contract.importSupermemory, async ({ body }, { scope }) => {
    const report = await transfer.import(scope, listed(body, ['documents', 'memories', 'data']), {
      format: 'supermemory',
      dry_run: false,
    });
    return { ...report, source: 'supermemory' };
  }),
  route(contract.importAny, async ({ body, query }, { scope }) => {
    const wishes = Array.isArray(body) ? contract.Wishes.parse({}) : contract.Wishes.parse(body);
    const how = { format: query.format ?? wishes.format, dry_run: query.dry_run || wishes.dry_run };
    if (wishes.upload_id !== undefined) return withStatus(202, await transfer.begin(scope, wishes.upload_id, how));
    return answered(await transfer.import(scope, unwrapped(body), how));
  }),
  route(contract.importStatus, ({ params }, { scope }) => transfer.status(scope, params.job_id)),
];
