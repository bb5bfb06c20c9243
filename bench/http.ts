// Calls to the server under test. The runtime's fetch keeps connections open between calls.

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes; each caller knows its own
  body: any;
  /** From sending the request to having read the whole answer. */
  ms: number;
}

export type Call = (method: string, path: string, body?: unknown) => Promise<Reply>;

export function caller(url: string, key: string | null): Call {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (key !== null) headers.authorization = `Bearer ${key}`;
  return async (method, path, body) => {
    const started = performance.now();
    const init: RequestInit = { method, headers };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(url + path, init);
    const text = await response.text();
    const ms = performance.now() - started;
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return { status: response.status, body: isJson && text !== '' ? JSON.parse(text) : text, ms };
  };
}

/** @throws Error that quotes the answer, unless it has one of these statuses */
export function expectStatus(reply: Reply, ...statuses: number[]): Reply {
  if (statuses.includes(reply.status)) return reply;
  throw new Error(`the server answered ${reply.status}: ${JSON.stringify(reply.body).slice(0, 500)}`);
}

/** Runs `work` over the items with so many workers side by side, each taking the next item when it is done. */
export async function side<T>(by: number, items: readonly T[], work: (item: T, index: number) => Promise<void>) {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(by, items.length) }, worker));
}
