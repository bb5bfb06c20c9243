// Long work on the event loop has to stop now and then: requests wait for as long as it goes on.

/** Resolves once everything that was waiting has had its turn: answers, timers, other work. */
export const othersFirst = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, signal.aborted ? 0 : ms);
  const cut = () => resolve();
  signal.addEventListener('abort', cut);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', cut);
  });
}
