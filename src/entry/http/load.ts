// How much is worked on at once. Beyond that, requests are refused before anything of them is read: a server that takes all
// ends up answering none.

export interface Load {
  /** @returns what to call when the request is answered; null when there is no room */
  enter(bytes: number): (() => void) | null;
}

/** What a body of undeclared length is taken to be. */
export const UNDECLARED = 256 * 1024;

export function createLoad(most: { requests: number; bytes: number }): Load {
  let requests = 0;
  let held = 0;
  return {
    enter(bytes) {
      // A body that is too large for any server finds its refusal elsewhere, so an idle one lets it in.
      if (requests >= most.requests || (requests > 0 && held + bytes > most.bytes)) return null;
      requests++;
      held += bytes;
      return () => {
        requests--;
        held -= bytes;
      };
    },
  };
}
