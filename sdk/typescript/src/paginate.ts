export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export interface PageOptions {
  /** Entries asked for at once; default 100. */
  readonly pageSize?: number;
  /** Entries to skip; default 0. */
  readonly offset?: number;
}

/**
 * Everything that a list has, page by page as it is asked for. Entries that come or go meanwhile may shift the pages.
 *
 * ```ts
 * for await (const job of paginate(async (page) => (await client.api.jobs.list(page)).jobs)) …
 * ```
 * @param fetchPage one page; a short one is taken for the last
 */
export async function* paginate<T>(
  fetchPage: (page: Page) => Promise<readonly T[]>,
  { pageSize = 100, offset = 0 }: PageOptions = {},
): AsyncGenerator<T, void, undefined> {
  for (let at = offset; ; at += pageSize) {
    const entries = await fetchPage({ limit: pageSize, offset: at });
    yield* entries;
    if (entries.length < pageSize) return;
  }
}
