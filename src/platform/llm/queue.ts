// A turnstile: so many at a time, those whom people wait for first.

export type Urgency = 'soon' | 'later';

export interface Queue {
  /**
   * @param signal gives up waiting; what it was aborted with is thrown
   * @returns what to call when leaving; null when too many wait already
   */
  enter(urgency: Urgency, signal: AbortSignal): Promise<(() => void) | null>;
}

export function createQueue(places: number, most_waiting: number): Queue {
  const waiting: Record<Urgency, Set<() => void>> = { soon: new Set(), later: new Set() };
  let free = places;

  const leave = () => {
    const [next] = waiting.soon.size > 0 ? waiting.soon : waiting.later;
    if (next) next();
    else free++;
  };
  const once = () => {
    let left = false;
    return () => {
      if (!left) leave();
      left = true;
    };
  };

  return {
    async enter(urgency, signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free--;
        return once();
      }
      const own = waiting[urgency];
      if (own.size >= most_waiting) return null;
      await new Promise<void>((resolve, reject) => {
        const end = () => {
          own.delete(admit);
          signal.removeEventListener('abort', giveUp);
        };
        const admit = () => {
          end();
          resolve();
        };
        const giveUp = () => {
          end();
          reject(signal.reason);
        };
        own.add(admit);
        signal.addEventListener('abort', giveUp, { once: true });
      });
      return once();
    },
  };
}
