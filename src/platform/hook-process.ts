// What the process of a hook has of its own: Bun reads standard input at once where the streams of Node take 15 ms to set up.
import { writeSync } from 'node:fs';

export const stdin = (): Promise<string> => Bun.stdin.text();
export const now = (): number => Date.now();

/** Written when this returns. A reader that is gone is no failure of a hook. */
export function write(text: string): void {
  let left = Buffer.from(text);
  while (left.length > 0) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      if ((error as { code?: string }).code !== 'EAGAIN') return;
    }
  }
}
