// One line on stderr that says how far a long measurement is; silent unless somebody is watching.

export interface Progress {
  (text: string): void;
  clear(): void;
}

const EVERY_MS = 100;

export function createProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  let last = 0;
  let drawn = false;
  const draw = (text: string) => {
    if (!stream.isTTY || performance.now() - last < EVERY_MS) return;
    last = performance.now();
    drawn = true;
    stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}`);
  };
  return Object.assign(draw, {
    clear() {
      if (drawn) stream.write('\r\x1b[2K');
      drawn = false;
    },
  });
}
