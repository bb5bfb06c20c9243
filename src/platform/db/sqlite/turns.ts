// Many may look at a file at once; replacing it is for one alone.

export interface Turns {
  /** Waits for one that works alone, and for those that wait to. */
  beside<T>(work: () => Promise<T>): Promise<T>;
  /** Waits for everybody who began before. */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  /** Settles when the last that works alone has ended. */
  let last: Promise<unknown> = Promise.resolve();
  const beside = new Set<Promise<unknown>>();
  const quietly = (work: Promise<unknown>): Promise<unknown> => work.catch(() => {});

  return {
    async beside(work) {
      for (let seen = null as unknown; seen !== last; ) {
        seen = last;
        await last;
      }
      const own = work();
      const ended = quietly(own);
      beside.add(ended);
      ended.then(() => beside.delete(ended));
      return own;
    },
    alone(work) {
      const own = Promise.all([last, ...beside]).then(work);
      last = quietly(own);
      return own;
    },
  };
}
