// What runs inside a thread that holds a model: opens it, answers requests by id, drops those taken back, says what it
// logs. worker-thread.ts is the other side.
import { parentPort, workerData } from 'node:worker_threads';
import type { Logger } from '../../core/log.ts';
import { messageOf } from '../../core/thrown.ts';
import { ModelError } from './model-error.ts';

/** An error as data: a clone would lose its class. */
export interface Failure {
  message: string;
  stack: string | undefined;
  of_model: boolean;
}

export type ToThread<Ask> =
  | { kind: 'ask'; id: number; ask: Ask }
  /** The answer is not waited for any more. */
  | { kind: 'drop'; id: number }
  | { kind: 'close' };

export type FromThread<Info, Answer> =
  | { kind: 'ready'; info: Info }
  | { kind: 'unusable'; failure: Failure }
  | { kind: 'answer'; id: number; answer: Answer }
  | { kind: 'failed'; id: number; failure: Failure }
  | { kind: 'log'; level: keyof Logger; fields: object; message: string };

/** The model in the thread. */
export interface Body<Info, Ask, Answer> {
  /** Told to the other side once. */
  readonly info: Info;
  answer(ask: Ask, dropped: AbortSignal): Promise<Answer>;
  /** Memory of an answer that can be handed over instead of copied. */
  handedOver?(answer: Answer): ArrayBuffer[];
  close(): Promise<void>;
}

const failureOf = (error: unknown): Failure => ({
  message: messageOf(error),
  stack: error instanceof Error ? error.stack : undefined,
  of_model: error instanceof ModelError,
});

/** @param open gets what the thread was started with */
export async function runBody<Options, Info, Ask, Answer>(
  open: (options: Options & { logger: Logger }) => Promise<Body<Info, Ask, Answer>>,
): Promise<void> {
  if (parentPort === null) throw new Error('This file runs only as a worker thread.');
  const port = parentPort;
  const post = (message: FromThread<Info, Answer>, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  const log = (level: keyof Logger) => (fields: object, message: string) =>
    post({ kind: 'log', level, fields, message });
  const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') };
  const underway = new Map<number, AbortController>();

  async function answer(body: Body<Info, Ask, Answer>, id: number, ask: Ask): Promise<void> {
    const dropping = new AbortController();
    underway.set(id, dropping);
    try {
      const made = await body.answer(ask, dropping.signal);
      post({ kind: 'answer', id, answer: made }, body.handedOver?.(made));
    } catch (error) {
      post({ kind: 'failed', id, failure: failureOf(error) });
    } finally {
      underway.delete(id);
    }
  }

  try {
    const body = await open({ ...(workerData as Options), logger });
    port.on('message', async (message: ToThread<Ask>) => {
      if (message.kind === 'ask') await answer(body, message.id, message.ask);
      else if (message.kind === 'drop') underway.get(message.id)?.abort();
      else {
        await body.close();
        port.close();
      }
    });
    post({ kind: 'ready', info: body.info });
  } catch (error) {
    // The one who started this thread ends it, once the message has arrived.
    post({ kind: 'unusable', failure: failureOf(error) });
  }
}
