// An answer as it comes, to standard output.
import type { Terminal } from './machine.ts';

export async function pipe(answer: Response, out: Terminal): Promise<void> {
  const decoder = new TextDecoder();
  for await (const piece of (answer.body ?? []) as AsyncIterable<Uint8Array>)
    out.write(decoder.decode(piece, { stream: true }));
  out.write(decoder.decode());
}
