// A program as its users write them, never run. build.test.ts compiles it against the built package as well.
import {
  type ContextResponse,
  EngramClient,
  EngramError,
  type Memory,
  paginate,
} from '../../sdk/typescript/src/index.ts';

const engram = new EngramClient({
  url: 'http://localhost:4200',
  apiKey: 'eg_1',
  timeout: 5_000,
  retries: { attempts: 3, maxDelay: 10_000 },
  space: 'work',
  fetch: (url, init) => fetch(url, init),
});

export async function remember(text: string): Promise<number> {
  const { id, created, duplicate_of } = await engram.store({ content: text, tags: ['sample'], importance: 7 });
  const known: number | null = duplicate_of;
  return created ? id : (known ?? id);
}

export async function answer(query: string, signal: AbortSignal): Promise<string[]> {
  const memory: Memory | null = await engram.get(1, { signal });
  const context: ContextResponse = await engram.assembleContext({ query, strategy: 'mixed', mode: 'broad' });
  const found = await engram.search({ query, limit: 3 });
  const said: string[] = found.map(({ memory: one, score }) => `${score.toFixed(2)} ${one.content}`);
  for await (const event of engram.streamContext({ query }, { signal }))
    if (event.type === 'result') said.push(event.result.context);
  for await (const event of engram.followSession('s')) if (event.type === 'output') said.push(event.data);
  for await (const job of paginate(async (page) => (await engram.api.jobs.list({ limit: page.limit })).jobs))
    said.push(String(job.id));
  return [...said, memory?.content ?? '', context.blocks[0]?.content ?? ''];
}

export function explain(error: unknown): string {
  if (!(error instanceof EngramError)) throw error;
  const { statusCode, code, message } = error;
  return `${statusCode} ${code ?? 'unknown'}: ${message}`;
}

export const byHand = async (): Promise<number> => (await engram.api.get<{ memories: number }>('/stats')).memories;

export const wrong = [
  // @ts-expect-error: a memory needs a content
  () => engram.store({ category: 'state' }),
  // @ts-expect-error: no such field
  () => engram.search({ query: 'x', limits: 3 }),
  // @ts-expect-error: there may be none
  async () => (await engram.get(1)).content,
  // @ts-expect-error: no such strategy
  () => engram.assembleContext({ query: 'x', strategy: 'clever' }),
  // @ts-expect-error: by hand, the answer is unknown until it is said what it is
  async () => (await engram.api.get('/stats')).memories,
];
