// `engram mcp` in a process of its own, spoken to as a client does: over its standard input and output.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type RunOptions, spawnEngram } from '../support/cli.ts';

const DEADLINE_MS = 30_000;

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
type Message = any;

export interface Piped {
  child: ChildProcess;
  /** Everything on stderr so far. */
  errors(): string;
  /** All messages that came so far. */
  messages: Message[];
  /** Writes bytes as they are. */
  raw(text: string): void;
  send(message: unknown): void;
  /** Sends a request and waits for its answer. */
  ask(method: string, params?: unknown): Promise<Message>;
  tool(name: string, args?: unknown): Promise<Message>;
  /** Waits for a message that this is true for. */
  until(wanted: (message: Message) => boolean): Promise<Message>;
  /** Closes its standard input. @returns its exit code */
  end(): Promise<number | null>;
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

export const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: {},
  clientInfo: { name: 'a-client', version: '1.0.0' },
};

/** @param headed writes messages as clients of older Engrams do, and reads such */
export function pipe(args: readonly string[], options: RunOptions & { headed?: boolean } = {}): Piped {
  const { headed = false, ...others } = options;
  const child = spawnEngram(['mcp', ...args], others);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const messages: Message[] = [];
  const watchers = new Set<() => void>();
  let errors = '';
  let rest = Buffer.alloc(0);
  let nextId = 1;

  child.stderr!.setEncoding('utf8').on('data', (text) => (errors += text));
  child.setMaxListeners(0);
  child.stdin!.on('error', () => {});
  child.stdout!.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      if (headed) {
        const head = /^Content-Length: (\d+)\r\n\r\n/.exec(rest.toString('latin1'));
        const length = head ? head[0].length + Number(head[1]) : Number.POSITIVE_INFINITY;
        if (rest.length < length) break;
        messages.push(JSON.parse(rest.subarray(head![0].length, length).toString()));
        rest = rest.subarray(length);
      } else {
        const end = rest.indexOf(10);
        if (end < 0) break;
        messages.push(JSON.parse(rest.subarray(0, end).toString()));
        rest = rest.subarray(end + 1);
      }
    }
    for (const look of watchers) look();
  });

  const until: Piped['until'] = (wanted) =>
    new Promise((resolve, reject) => {
      const look = () => {
        const found = messages.find(wanted);
        if (found === undefined) return;
        done();
        resolve(found);
      };
      const fail = () => {
        done();
        reject(new Error(`Waited in vain. It said: ${JSON.stringify(messages).slice(-2_000)} ${errors}`));
      };
      const late = setTimeout(fail, DEADLINE_MS);
      const done = () => {
        clearTimeout(late);
        watchers.delete(look);
        child.off('close', fail);
      };
      watchers.add(look);
      child.once('close', fail);
      look();
    });
  const raw = (text: string) => void child.stdin!.write(text);
  const send = (message: unknown) => {
    const text = JSON.stringify(message);
    raw(headed ? `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}` : `${text}\n`);
  };
  const ask: Piped['ask'] = (method, params) => {
    const id = nextId++;
    send({ jsonrpc: '2.0', id, method, ...(params !== undefined && { params }) });
    return until((message) => message.id === id);
  };
  return {
    ...{ child, messages, raw, send, ask, until },
    errors: () => errors,
    tool: async (name, args = {}) => (await ask('tools/call', { name, arguments: args })).result,
    async end() {
      child.stdin!.end();
      return (await closed)[0];
    },
    async stop(signal) {
      child.kill(signal);
      return (await closed)[0];
    },
  };
}
