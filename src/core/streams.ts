// Answers that last until somebody ends them, such as server-sent events. A server that stops ends them first: it waits
// for the answers it is giving, and these would keep it waiting.

export interface OpenStreams {
  /**
   * Names a stream that is open now.
   * @param end makes it end soon, without throwing; called at most once, and at once when the server is stopping already
   * @returns to be called when the stream has ended, however it did
   */
  add(end: () => void): () => void;
  /** Ends all that are open, and every one that is added from now on. */
  endAll(): void;
}

export function openStreams(): OpenStreams {
  /** A set of entries, not of functions: two streams may share one. */
  const open = new Set<{ readonly end: () => void }>();
  let stopping = false;
  return {
    add(end) {
      const stream = { end };
      if (stopping) end();
      else open.add(stream);
      return () => void open.delete(stream);
    },
    endAll() {
      stopping = true;
      const ending = [...open];
      open.clear();
      for (const { end } of ending) end();
    },
  };
}
