// A language model for tests: a real HTTP server on this machine that speaks OpenAI's chat completions, answers what the
// test says, misbehaves when told to, and remembers what it was asked.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

// biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape
type Json = any;

export interface LlmRequest {
  /** What it was for: `purpose` of the ask, with _ for every character that is no letter, digit, - or _. */
  readonly purpose: string;
  /** JSON schema of the wanted answer; null when it was only described in words. */
  readonly schema: Json;
  /** What the program said: the whole system message. */
  readonly instructions: string;
  /** `data` of the ask as it arrived, without its marks. */
  readonly data: string;
  /** All messages: there are more than two after an answer that could not be used. */
  readonly messages: readonly { role: string; content: string }[];
  /** The request as it arrived. */
  readonly body: Json;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** What the model says: a value becomes JSON; text goes out as it is. */
export type Say = (request: LlmRequest) => unknown;
/** Answers one request in another way than the model would. Returning false lets it be answered as usual. */
export type Act = (response: ServerResponse, request: LlmRequest) => unknown;

export interface LlmOptions {
  /** For every request, or by purpose. A request without an answer is refused with 501, which is not asked again. */
  answer?: Say | Readonly<Record<string, unknown>>;
  model?: string;
  /** Tokens the answers say they cost; 30 and 12 when left out. */
  usage?: { prompt_tokens: number; completion_tokens: number } | null;
}

export interface LlmServer {
  /** With /v1. */
  readonly url: string;
  /** Settings that make an app use it: `createTestApp({ env: { ...llm.env } })`. */
  readonly env: Record<string, string>;
  /** In the order they came. */
  readonly requests: LlmRequest[];
  /** Highest number of requests in hand at the same time. */
  readonly most_at_once: number;
  /** May be changed at any time. */
  answer: LlmOptions['answer'];
  /** What happens to the next requests, in turn. */
  acts: Act[];
  /** What happens to every request that `acts` leaves. */
  always: Act | null;
  /** Those for one purpose. */
  asked(purpose: string): LlmRequest[];
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** `await using llm = await startLlm({ answer: (request) => ({ facts: [] }) })` ends it with the test. */
export async function startLlm(options: LlmOptions = {}): Promise<LlmServer> {
  const { model = 'toy-llm', usage = { prompt_tokens: 30, completion_tokens: 12 } } = options;
  let at_once = 0;
  let most_at_once = 0;
  const http = createServer(async (incoming, response) => {
    most_at_once = Math.max(most_at_once, ++at_once);
    response.on('close', () => at_once--);
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    if (incoming.method !== 'POST' || !incoming.url!.endsWith('/chat/completions'))
      return json(response, 404, '404 page not found');
    const request = read(JSON.parse(Buffer.concat(chunks).toString()), incoming);
    server.requests.push(request);
    const act = server.acts.shift() ?? server.always;
    if (act && (await act(response, request)) !== false) return;
    const said = await answerTo(server.answer, request);
    if (said === undefined) {
      const message = `The test has no answer for the purpose "${request.purpose}".`;
      return json(response, 501, { error: { message } });
    }
    say(response, said, { model, usage });
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  http.unref();
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}/v1`;
  const close = async () => {
    http.closeAllConnections();
    http.close();
  };
  const server: LlmServer = {
    url,
    env: { ENGRAM_LLM_URL: url, ENGRAM_LLM_MODEL: model },
    requests: [],
    get most_at_once() {
      return most_at_once;
    },
    answer: options.answer,
    acts: [],
    always: null,
    asked: (purpose) => server.requests.filter((request) => request.purpose === purpose),
    close,
    [Symbol.asyncDispose]: close,
  };
  return server;
}

// --- ways to misbehave ----------------------------------------------------------------------------------------------

export const json = (
  response: ServerResponse,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
};

/** An error as OpenAI, Ollama, vLLM and llama.cpp tell it. */
export const refuse =
  (status: number, message = 'no', headers: Record<string, string> = {}): Act =>
  (response) =>
    json(response, status, { error: { message } }, headers);

/** The model says this instead, character for character. */
export const says =
  (text: string, finish_reason = 'stop'): Act =>
  (response) =>
    say(response, text, { finish_reason });

export const fenced = (value: unknown): Act =>
  says(`Sure, here it is:\n\n\`\`\`json\n${JSON.stringify(value, null, 2)}\n\`\`\`\nAnything else?`);

/** Its answer ends in the middle, because its tokens were used up. */
export const truncated = (value: unknown): Act => {
  const text = JSON.stringify(value);
  return says(text.slice(0, Math.ceil(text.length / 2)), 'length');
};

/** The connection ends without a word. */
export const hangUp: Act = (response) => response.destroy();

/** The connection ends in the middle of the answer. */
export const breakOff: Act = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' });
  response.write('{"choices":[', () => response.destroy());
};

/** Never answers. */
export const hang: Act = (response) => once(response, 'close');

/** More bytes than any answer may have, as fast as they are taken. */
export const huge =
  (bytes = 64 * 1024 * 1024): Act =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const piece = Buffer.alloc(64 * 1024, ' ');
    let sent = 0;
    const more = (): void => {
      while (sent < bytes && !response.destroyed) {
        sent += piece.length;
        if (!response.write(piece)) return void response.once('drain', more);
      }
      response.end();
    };
    more();
  };

/** Holds every request until `release` is called; `arrived(n)` ends when n are held. */
export function gate() {
  const held: (() => void)[] = [];
  const waiting: { n: number; resolve: () => void }[] = [];
  let seen = 0;
  const act: Act = () =>
    new Promise((resolve) => {
      held.push(() => resolve(false));
      seen++;
      for (const one of waiting) if (seen >= one.n) one.resolve();
    });
  return {
    act,
    arrived: (n = 1) => new Promise<void>((resolve) => (seen >= n ? resolve() : void waiting.push({ n, resolve }))),
    /** Lets the oldest go on, or all of them. */
    release: (count = held.length) => {
      for (const go of held.splice(0, count)) go();
    },
  };
}

// --- protocol -------------------------------------------------------------------------------------------------------

async function answerTo(answer: LlmOptions['answer'], request: LlmRequest): Promise<unknown> {
  if (typeof answer === 'function') return answer(request);
  const own = answer?.[request.purpose];
  return typeof own === 'function' ? own(request) : own;
}

function say(
  response: ServerResponse,
  said: unknown,
  how: { model?: string; usage?: LlmOptions['usage']; finish_reason?: string },
): void {
  const { model = 'toy-llm', usage, finish_reason = 'stop' } = how;
  const content = typeof said === 'string' ? said : JSON.stringify(said);
  json(response, 200, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_772_000_000,
    model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason }],
    ...(usage && { usage: { ...usage, total_tokens: usage.prompt_tokens + usage.completion_tokens } }),
  });
}

function read(body: Json, incoming: IncomingMessage): LlmRequest {
  const messages: LlmRequest['messages'] = body.messages;
  const instructions = messages.find(({ role }) => role === 'system')?.content ?? '';
  const user = messages.find(({ role }) => role === 'user')?.content ?? '';
  const format = body.response_format?.json_schema;
  return {
    purpose: format?.name ?? /^The answer is called "([\w-]+)"/m.exec(instructions)?.[1] ?? '',
    schema: format?.schema ?? null,
    instructions,
    data: /^<(data-\w+)>\n([\s\S]*)\n<\/\1>$/m.exec(user)?.[2] ?? user,
    messages,
    body,
    path: incoming.url!,
    headers: incoming.headers,
  };
}
