// Messages on a pipe: one per line, as the protocol wants it, or each behind a Content-Length header, as clients of older
// Engrams send them. Which of both is told by how a message begins, and answers are written the same way.

export interface Frame {
  /** Null when it was longer than any message may be. */
  readonly text: string | null;
  /** Came behind a header. */
  readonly headed: boolean;
}

/** As much as the SDK takes; what a tool takes is less. */
export const LONGEST_FRAME = 10 * 1024 * 1024;
const LONGEST_HEAD = 4 * 1024;
const NEWLINE = 10;
const HEAD = /^content-length *:/i;

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/** Bytes that have arrived and are not used up. Joined only when something is taken, so that long messages stay cheap. */
function createBuffer() {
  let parts: Uint8Array[] = [];
  let size = 0;
  const joined = (): Uint8Array => {
    if (parts.length !== 1) parts = [Buffer.concat(parts)];
    return parts[0]!;
  };
  return {
    size: () => size,
    push(chunk: Uint8Array) {
      parts.push(chunk);
      size += chunk.byteLength;
    },
    peek: (length: number): Uint8Array => joined().subarray(0, length),
    take(length: number): Uint8Array {
      const all = joined();
      const taken = all.subarray(0, length);
      parts = [all.subarray(length)];
      size -= taken.byteLength;
      return taken;
    },
    clear() {
      parts = [];
      size = 0;
    },
  };
}

/** Ends when the chunks do; a message that was not sent whole is left out. */
export async function* framesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const buffer = createBuffer();
  /** Bytes of a body that is to come; null while none is awaited. */
  let awaited: number | null = null;
  /** The end of a line that is too long is still to come, or so many bytes of a body that is. */
  let passing: 'line' | number | null = null;

  for await (let chunk of chunks) {
    if (passing !== null) {
      const end: number = passing === 'line' ? chunk.indexOf(NEWLINE) + 1 || chunk.byteLength + 1 : passing;
      if (end > chunk.byteLength) {
        passing = passing === 'line' ? 'line' : end - chunk.byteLength;
        continue;
      }
      chunk = chunk.subarray(end);
      passing = null;
    }
    const fresh = chunk.indexOf(NEWLINE) >= 0;
    buffer.push(chunk);
    if (!fresh && awaited === null && buffer.size() <= LONGEST_FRAME) continue;

    for (;;) {
      if (awaited !== null) {
        if (buffer.size() < awaited) break;
        yield { text: decode(buffer.take(awaited)), headed: true };
        awaited = null;
        continue;
      }
      const at = buffer.peek(buffer.size()).indexOf(NEWLINE);
      if (at < 0) {
        if (buffer.size() <= LONGEST_FRAME) break;
        buffer.clear();
        passing = 'line';
        yield { text: null, headed: false };
        break;
      }
      const head = at <= LONGEST_HEAD && HEAD.test(decode(buffer.peek(at)).trimStart());
      if (!head) {
        const line = buffer.take(at + 1);
        const text = at > LONGEST_FRAME ? null : decode(line).trim();
        if (text !== '') yield { text, headed: false };
        continue;
      }
      const end = headEnd(buffer.peek(LONGEST_HEAD));
      if (end === null) {
        if (buffer.size() < LONGEST_HEAD) break;
        buffer.take(at + 1);
        yield { text: null, headed: true };
        continue;
      }
      const length = Number(/content-length *: *(\d{1,15})\s/i.exec(`${decode(buffer.take(end))}\n`)?.[1] ?? 0);
      if (length <= LONGEST_FRAME) {
        awaited = length;
        continue;
      }
      const rest = length - buffer.size();
      if (rest > 0) {
        buffer.clear();
        passing = rest;
      } else buffer.take(length);
      yield { text: null, headed: true };
    }
  }
}

/** Where the empty line behind a header ends. */
function headEnd(bytes: Uint8Array): number | null {
  const found = /\r?\n\r?\n/.exec(Buffer.from(bytes).toString('latin1'));
  return found ? found.index + found[0].length : null;
}

export const framed = (message: unknown, headed: boolean): string => {
  const text = JSON.stringify(message);
  return headed ? `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}` : `${text}\n`;
};
