// Query vectors kept by text: people and agents ask the same thing again, often within one answer.

/** Longer queries are rarely asked twice and would make the cache's keys large. */
const CACHED_CHARS = 4096;

export function queryCache(size: number, embed: (text: string) => Promise<Float32Array>) {
  const cache = new Map<string, Promise<Float32Array>>();
  return {
    async embed(text: string): Promise<Float32Array> {
      let vector = cache.get(text);
      cache.delete(text);
      vector ??= embed(text);
      if (text.length <= CACHED_CHARS) {
        cache.set(text, vector);
        // A failure must not be remembered as the answer.
        vector.catch(() => cache.delete(text));
        if (cache.size > size) cache.delete(cache.keys().next().value!);
      }
      return (await vector).slice();
    },
    clear: () => cache.clear(),
  };
}
