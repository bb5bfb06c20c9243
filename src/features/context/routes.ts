import { type Route, route } from '../../core/endpoint.ts';
import { AppError } from '../../core/errors.ts';
import { context, contextStream } from './contract.ts';
import type { ContextService } from './service.ts';

const event = (name: string, data: unknown): string => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

export const contextRoutes = (service: ContextService): Route[] => [
  route(context, ({ body }, { scope }) => service.assemble(scope, body)),
  route(contextStream, ({ body }, { scope }) => {
    const encoder = new TextEncoder();
    const stream = new ReadableStream<Uint8Array>({
      async start(controller) {
        const send = (name: string, data: unknown) => controller.enqueue(encoder.encode(event(name, data)));
        const started = performance.now();
        try {
          const answer = await service.assemble(scope, body, ({ phase, count, elapsed_ms }) =>
            send('progress', { type: 'phase', phase, count, tokens: 0, elapsed_ms }),
          );
          send('progress', {
            type: 'done',
            total_blocks: answer.blocks.length,
            total_tokens: answer.total_tokens,
            elapsed_ms: Math.round(performance.now() - started),
          });
          send('result', answer);
        } catch (error) {
          // The status line is long gone; an expected refusal may say why, anything else stays in the log of the server.
          const message = error instanceof AppError ? error.message : 'The context could not be assembled.';
          send('progress', { type: 'error', message });
          send('error', { error: message });
        } finally {
          controller.close();
        }
      },
    });
    return new Response(stream, {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    }) as never;
  }),
];
