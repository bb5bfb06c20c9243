// Reads server-sent events: the data of each, as it comes.

/** Ends when the stream does, also when it breaks off. */
export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    rest += decoder.decode(chunk, { stream: true });
    for (;;) {
      const end = /\r?\n\r?\n/.exec(rest);
      if (!end) break;
      const data = rest
        .slice(0, end.index)
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).replace(/^ /, ''))
        .join('\n');
      rest = rest.slice(end.index + end[0].length);
      if (data.trim() !== '') yield data;
    }
  }
}
