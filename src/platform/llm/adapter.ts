// The language model of core/llm.ts, on a server that speaks OpenAI's chat completions. An ask is a frame around data,
// one or two questions, and a checked answer; everything in it ends at one deadline. Texts never reach a log or an error.
import { AppError } from '../../core/errors.ts';
import type { Llm, LlmAsk } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { LlmSample } from '../../core/metrics.ts';
import { type Breaker, createBreaker } from './breaker.ts';
import type { Budget } from './budget.ts';
import { answerName, frame, MARK_BYTES } from './frame.ts';
import { JsonTextError, jsonObjectIn } from './json-text.ts';
import { LlmError } from './llm-error.ts';
import { createAsker, type Wish } from './manner.ts';
import { createQueue, type Queue } from './queue.ts';
import { type Shape, shapeOf } from './shape.ts';
import { type Completion, createTransport, estimatedPrompt, type Fetch, type Message } from './transport.ts';

export interface LlmAdapterOptions {
  /** Of chat completions. */
  address: string;
  model: string;
  api_key: string | null;
  /** Patience in milliseconds, waiting in the queue and trying again included. */
  patience_ms: Readonly<Record<LlmAsk<unknown>['urgency'], number>>;
  /** Requests at the same time. */
  concurrency: number;
  /** Per million tokens, in whatever currency the reader of the counters has in mind. */
  price: { in: number; out: number };
  budget: Budget;
  observe(sample: LlmSample): void;
  randomHex(bytes: number): string;
  logger: Logger;
  /** 0..1, so that those who failed together do not come back together. */
  random(): number;
  /** Wall clock, milliseconds: for dates the server names. */
  now(): number;
  /** Never goes back, milliseconds. */
  monotonic(): number;
  /** Resolves after so long, or when the signal is aborted. */
  delay(ms: number, signal: AbortSignal): Promise<void>;
  fetch?: Fetch | undefined;
}

export interface OpenLlm extends Llm {
  /** Ends what is under way; ends itself when the last ask has ended. */
  close(): Promise<void>;
}

/** Of an answer when the ask names none; a second try after an answer that was cut gets up to LONGEST_ANSWER. */
const USUAL_ANSWER = 4_096;
const LONGEST_ANSWER = 16_384;
/** Further attempts after what may pass. */
const RETRIES = { soon: 2, later: 4 };
const FIRST_WAIT_MS = 500;
const BREAKER = { failures: 5, open_ms: 30_000, longest_ms: 300_000 };
const MOST_WAITING = 100;
/** So much of an answer that was no use is shown to the model again. */
const SHOWN_AGAIN = 8_000;

/** What an ask has used so far, for the counters. */
interface Tally {
  tokens_in: number;
  tokens_out: number;
}

interface Conversation {
  ask: LlmAsk<unknown>;
  wish: Wish;
  signal: AbortSignal;
  /** Milliseconds until the signal is aborted. */
  left(): number;
  tally: Tally;
}

export function createLlm(options: LlmAdapterOptions): OpenLlm {
  const { model, patience_ms, price, observe, randomHex, logger, monotonic } = options;
  const send = createSender(options);
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();

  async function converse<T>(shape: Shape<T>, conversation: Conversation): Promise<T> {
    const { ask, wish } = conversation;
    const { purpose, instructions, data } = ask;
    const messages = frame({ name: wish.name, instructions, data, schema: shape.schema }, randomHex(MARK_BYTES));
    const first = await send(messages, conversation);
    const read = readAnswer(first, shape);
    if ('value' in read) return read.value;
    logger.debug({ purpose, cut: read.cut }, 'an answer of the language model is asked for again');
    // One that was cut needs room, not words: what it had said would only take more of it.
    const second = read.cut
      ? await send(messages, { ...conversation, wish: { ...wish, max_tokens: roomier(wish.max_tokens) } })
      : await send([...messages, ...objection(first.text, read.problem)], conversation);
    const again = readAnswer(second, shape);
    if ('value' in again) return again.value;
    throw new LlmError(
      `${model} (ENGRAM_LLM_MODEL) gave no answer of the wanted shape for "${purpose}", twice: use a model that follows a JSON schema better.`,
      { trouble: 'unfit', brief: 'gave no answer of the wanted shape' },
    );
  }

  async function askWithin<T>(ask: LlmAsk<T>, tally: Tally): Promise<T> {
    if (closing.signal.aborted) throw closing.signal.reason;
    const shape = shapeOf(ask.answer);
    const wish: Wish = {
      name: answerName(ask.purpose),
      schema: shape.schema,
      strict: shape.strict,
      max_tokens: ask.max_tokens ?? USUAL_ANSWER,
      temperature: ask.temperature ?? 0,
    };
    const patience = patience_ms[ask.urgency];
    const ends = monotonic() + patience;
    const deadline = deadlineAfter(patience, closing.signal, () => tooLate(options.address, patience));
    try {
      return await converse(shape, { ask, wish, signal: deadline.signal, left: () => ends - monotonic(), tally });
    } finally {
      deadline.end();
    }
  }

  async function observed<T>(ask: LlmAsk<T>): Promise<T> {
    const started = monotonic();
    const tally: Tally = { tokens_in: 0, tokens_out: 0 };
    let outcome: LlmSample['outcome'] = 'ok';
    try {
      return await askWithin(ask, tally);
    } catch (error) {
      outcome = error instanceof AppError && error.code === 'llm_budget_spent' ? 'budget_spent' : 'failed';
      if (!(error instanceof LlmError)) throw error;
      logger.warn({ purpose: ask.purpose, problem: error.message }, 'the language model gave no answer');
      throw new AppError('llm_unavailable', `The language model ${error.details.brief}.`, { cause: error });
    } finally {
      const { tokens_in, tokens_out } = tally;
      const cost = (tokens_in * price.in + tokens_out * price.out) / 1e6;
      const seconds = (monotonic() - started) / 1000;
      observe({ purpose: ask.purpose, outcome, tokens_in, tokens_out, cost, seconds });
    }
  }

  return {
    model,
    ask(ask) {
      const answer = observed(ask);
      const settled = answer.then(
        () => {},
        () => {},
      );
      running.add(settled);
      void settled.then(() => running.delete(settled));
      return answer;
    },
    async close() {
      closing.abort(new AppError('llm_unavailable', 'The server is shutting down.'));
      await Promise.all(running);
    },
  };
}

// --- one answer -----------------------------------------------------------------------------------------------------

type Read<T> = { value: T } | { problem: string; cut: boolean };

function readAnswer<T>({ text, cut }: Completion, shape: Shape<T>): Read<T> {
  try {
    const read = shape.check(jsonObjectIn(text));
    return 'value' in read ? read : { ...read, cut: false };
  } catch (error) {
    if (!(error instanceof JsonTextError)) throw error;
    return { problem: error.message, cut };
  }
}

const roomier = (max_tokens: number): number => Math.max(max_tokens, Math.min(max_tokens * 2, LONGEST_ANSWER));

const objection = (said: string, problem: string): Message[] => [
  { role: 'assistant', content: said.slice(0, SHOWN_AGAIN).toWellFormed() },
  {
    role: 'user',
    content: `That answer cannot be used:\n${problem}\nGive the whole answer again: the JSON object alone, by its schema.`,
  },
];

// --- one question, until it is answered -----------------------------------------------------------------------------

type Send = (messages: readonly Message[], conversation: Conversation) => Promise<Completion>;

/** Waits for a place, asks, and tries again what may pass. */
function createSender(options: LlmAdapterOptions): Send {
  const { logger, budget, random, delay, monotonic, patience_ms } = options;
  const asker = createAsker(createTransport(options));
  const queue: Queue = createQueue(options.concurrency, MOST_WAITING);
  const breaker: Breaker = createBreaker({ ...BREAKER, monotonic });
  let last_problem = '';

  const leftAlone = () =>
    new LlmError(`${last_problem} Nothing is asked there for some seconds, because it failed several times in a row.`, {
      trouble: 'lasting',
      brief: 'failed several times in a row and is left alone for a while',
    });

  async function once(messages: readonly Message[], { ask, wish, signal, tally }: Conversation): Promise<Completion> {
    // Nobody waits for what will be refused.
    await budget.check();
    if (breaker.closed_for_ms > 0) throw leftAlone();
    const leave = await queue.enter(ask.urgency, signal);
    if (leave === null)
      throw new LlmError(
        `More than ${MOST_WAITING} requests wait for the language model: raise ENGRAM_LLM_CONCURRENCY if its server can take more.`,
        { trouble: 'lasting', brief: 'is asked too much at once' },
      );
    const spend = async (tokens_in: number, tokens_out: number) => {
      tally.tokens_in += tokens_in;
      tally.tokens_out += tokens_out;
      await budget.spend(tokens_in, tokens_out);
    };
    try {
      await budget.check();
      const verdict = breaker.enter();
      if (verdict === null) throw leftAlone();
      const started = monotonic();
      try {
        const completion = await asker(messages, wish, signal);
        verdict('ok');
        await spend(completion.tokens_in, completion.tokens_out);
        return completion;
      } catch (error) {
        // Who came late and left early proves nothing against the server.
        const early = signal.aborted && monotonic() - started < patience_ms[ask.urgency] / 2;
        const own = error instanceof LlmError ? error.details : null;
        const heard = own?.trouble === 'refused' || own?.trouble === 'unfit';
        verdict(own === null || early ? 'unknown' : heard ? 'ok' : 'failed');
        if (own !== null) last_problem = (error as LlmError).message;
        // The server may have worked, and counted, all the same.
        if (signal.aborted || own?.sent) await spend(estimatedPrompt(messages), 0);
        throw error;
      }
    } finally {
      leave();
    }
  }

  return async (messages, conversation) => {
    const { ask, signal, left } = conversation;
    for (let attempt = 0; ; attempt++) {
      try {
        return await once(messages, conversation);
      } catch (error) {
        if (!(error instanceof LlmError) || error.details.trouble !== 'passing' || signal.aborted) throw error;
        if (attempt >= RETRIES[ask.urgency]) throw error;
        const backoff = FIRST_WAIT_MS * 2 ** attempt * (0.5 + random());
        const wait_ms = Math.round(Math.max(backoff, error.details.retry_after_ms ?? 0));
        if (wait_ms >= left() || breaker.closed_for_ms > wait_ms) throw error;
        logger.debug({ purpose: ask.purpose, problem: error.message, wait_ms }, 'the language model is asked again');
        await delay(wait_ms, signal);
        signal.throwIfAborted();
      }
    }
  };
}

// --- time -----------------------------------------------------------------------------------------------------------

function deadlineAfter(ms: number, outer: AbortSignal, reason: () => Error) {
  const limit = new AbortController();
  const abort = () => limit.abort(outer.reason);
  outer.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => limit.abort(reason()), ms);
  return {
    signal: limit.signal,
    end() {
      clearTimeout(timer);
      outer.removeEventListener('abort', abort);
    },
  };
}

const tooLate = (address: string, ms: number) =>
  new LlmError(
    `${address} (ENGRAM_LLM_URL) gave no answer within ${ms / 1000} seconds: see whether the server there is busy or hangs, or raise ENGRAM_LLM_TIMEOUT_MS or ENGRAM_LLM_BACKGROUND_TIMEOUT_MS.`,
    { trouble: 'passing', brief: `gave no answer within ${ms / 1000} seconds` },
  );
