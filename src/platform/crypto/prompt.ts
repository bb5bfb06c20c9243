// Asks for a secret on a terminal without showing it.
import type { ReadStream } from 'node:tty';

const ENTER = new Set(['\r', '\n', '\u0004']);
const BACKSPACE = new Set(['\u007f', '\b']);
const CTRL_C = '\u0003';

/** @param ended what Ctrl-C does: a terminal in raw mode sends no signal */
export const askHidden =
  (stdin: ReadStream, write: (text: string) => void, ended: () => never) =>
  (question: string): Promise<string> =>
    new Promise((resolve) => {
      write(question);
      let typed: string[] = [];
      const stop = () => {
        stdin.removeListener('data', read);
        stdin.setRawMode(false);
        stdin.pause();
        write('\n');
      };
      const read = (chunk: Buffer | string) => {
        for (const key of chunk.toString()) {
          if (key === CTRL_C) {
            stop();
            ended();
          }
          if (ENTER.has(key)) {
            stop();
            return resolve(typed.join(''));
          }
          if (BACKSPACE.has(key)) typed = typed.slice(0, -1);
          else typed.push(key);
        }
      };
      stdin.setEncoding('utf8');
      stdin.setRawMode(true);
      stdin.on('data', read);
      stdin.resume();
    });
