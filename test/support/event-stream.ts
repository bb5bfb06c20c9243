// Reads server-sent events as a client does.

export interface Heard {
  id: string | null;
  event: string;
  // biome-ignore lint/suspicious/noExplicitAny: events of every shape
  data: any;
}

/** Reads a stream of events; `comments` counts what keeps the connection open. */
export function reader(response: Response) {
  const decoder = new TextDecoder();
  const source = response.body!.getReader();
  let text = '';
  const state = { comments: 0 };
  return {
    state,
    /** The next event; null when the stream has ended. */
    async next(): Promise<Heard | null> {
      for (;;) {
        const end = text.indexOf('\n\n');
        if (end < 0) {
          const { value, done } = await source.read();
          if (done) return null;
          text += decoder.decode(value, { stream: true });
          continue;
        }
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        if (lines[0]!.startsWith(':')) state.comments++;
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const event = field('event');
        if (event !== undefined) return { id: field('id') ?? null, event, data: JSON.parse(field('data')!) };
      }
    },
    /** Everything to the end. */
    async rest(): Promise<Heard[]> {
      const all: Heard[] = [];
      for (let one = await this.next(); one !== null; one = await this.next()) all.push(one);
      return all;
    },
    cancel: () => source.cancel(),
  };
}
