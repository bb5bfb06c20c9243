// Long work on the event loop has to stop now and then: requests wait for as long as it goes on.

/** Resolves once everything that was waiting has had its turn: answers, timers, other work. */
export const othersFirst = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
