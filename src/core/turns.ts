// Work that must not overlap: each begins when the one before it has ended, however that was.

export interface Turns {
  <T>(work: () => Promise<T>): Promise<T>;
  /** Ends when all that was begun has. Never rejects. */
  settled(): Promise<unknown>;
}

export function takeTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  const run = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  return Object.assign(run, { settled: () => last });
}
