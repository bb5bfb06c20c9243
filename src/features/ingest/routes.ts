import { type Route, route, withStatus } from '../../core/endpoint.ts';
import { AppError } from '../../core/errors.ts';
import * as contract from './contract.ts';
import type { Ingest, Outcome, Progress } from './service.ts';
import type { Uploads } from './uploads.ts';

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
const HEADERS = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };

const summary = ({ memories, title, chunks, errors, job_id, status }: Outcome) => ({
  ...{ ingested: memories, title, chunks_processed: chunks, errors, job_id, status },
});

/** Begun at once and brought to its end whether or not somebody reads on: the text was handed over. */
function streamed(steps: AsyncGenerator<Progress, Outcome>): Response {
  const encoder = new TextEncoder();
  let gone = false;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const say = (name: string, data: unknown) => {
        if (!gone) controller.enqueue(encoder.encode(event(name, data)));
      };
      const work = async () => {
        try {
          for await (const step of steps) say('progress', step);
        } catch (error) {
          // The status is sent already. Only errors made for callers are told.
          say('error', {
            error: error instanceof AppError ? error.message : 'Something went wrong inside the server.',
          });
        }
        if (!gone) controller.close();
      };
      void work();
    },
    cancel() {
      gone = true;
    },
  });
  return new Response(stream, { headers: HEADERS });
}

export const ingestRoutes = (ingest: Ingest, uploads: Uploads): Route[] => [
  route(contract.ingest, async ({ body }, { scope }) => ({
    ...summary(await ingest.ingest(scope, body)),
    source: body.source,
  })),
  route(contract.ingestStream, async ({ body }, { scope, header }) => {
    const material = await ingest.material(body);
    if (/\btext\/event-stream\b/i.test(header('accept') ?? '')) return streamed(ingest.take(scope, material, body));
    const outcome = await ingest.ingest(scope, body);
    return new Response(event('result', summary(outcome)), { headers: HEADERS });
  }),
  route(contract.importBulk, async ({ body }, { scope }) => {
    const { job_id, status, documents, chunks, memories, errors, duration_ms } = await ingest.ingest(scope, body);
    const totals = { total_documents: documents, total_chunks: chunks, total_memories: memories };
    return withStatus(202, { job_id, status, ...totals, errors, duration_ms });
  }),
  route(contract.uploadInit, ({ body }, { scope }) => uploads.init(scope, body)),
  route(contract.uploadChunk, ({ body }, { scope }) => uploads.chunk(scope, body)),
  route(contract.uploadComplete, ({ body }, { scope }) => ingest.complete(scope, body)),
  route(contract.uploadAbort, ({ body }, { scope }) => uploads.abort(scope, body.upload_id)),
  route(contract.uploadStatus, ({ params }, { scope }) => uploads.status(scope, params.upload_id)),
];
