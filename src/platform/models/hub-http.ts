// A server as hub, in the layout of the public one: JSON about a repository, its files behind redirects.
//   GET {base}/api/models/{repo}/revision/{revision}          → {sha}
//   GET {base}/api/models/{repo}/tree/{sha}?recursive=true    → [{type, path, size, oid, lfs?: {oid}}], pages by Link
//   GET {base}/{repo}/resolve/{sha}/{path}                    → the bytes; x-linked-etag, x-linked-size, x-repo-commit
import { z } from 'zod';
import { ModelStoreError } from './failure.ts';
import type { Hub, Opened, RemoteFile } from './hub.ts';
import { type Answer, asked, type GetDeps, get } from './hub-request.ts';
import { persist, type RetryDeps } from './retry.ts';

export type HttpDeps = GetDeps & RetryDeps;

const revisionSchema = z.looseObject({ sha: z.string().regex(/^[0-9a-f]{7,64}$/i) });
const treeSchema = z.array(
  z.looseObject({
    type: z.string(),
    path: z.string(),
    size: z.number().int().nonnegative().default(0),
    oid: z.string().nullish(),
    lfs: z.looseObject({ oid: z.string() }).nullish(),
  }),
);

const SHA256 = /^[0-9a-f]{64}$/i;
const SHA1 = /^[0-9a-f]{40}$/i;
const MAX_JSON_BYTES = 32 * 2 ** 20;
/** A thousand files each: no model has more. */
const MAX_PAGES = 20;
/** Nothing has arrived yet that would be lost, and somebody waits to hear that there is no network. */
const LIST_ATTEMPTS = 3;

const hash = (text: string | null | undefined, shape: RegExp): string | null =>
  text != null && shape.test(text) ? text.toLowerCase() : null;

/** Slashes stay: they part the path of a repository, a file or a branch. */
const inUrl = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

export function httpHub(base: string, token: string | null, deps: HttpDeps): Hub {
  const strange = (what: string, cause?: unknown) =>
    new ModelStoreError(
      'hub_failed',
      `${base} ${what}: check that ENGRAM_MODEL_HUB is the address of a model hub.`,
      cause,
    );

  async function readText(answer: Answer): Promise<string> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of answer.bytes) {
      parts.push(part);
      size += part.byteLength;
      if (size > MAX_JSON_BYTES) throw strange('answers with more than any list of files can be');
    }
    return Buffer.concat(parts).toString('utf8');
  }

  /** @returns what the schema makes of the answer, and the page that follows */
  const json = <T>(url: URL, repo: string, schema: z.ZodType<T>): Promise<{ value: T; next: URL | null }> =>
    persist({ ...deps, attempts: Math.min(LIST_ATTEMPTS, deps.attempts) }, async () => {
      const answer = await get(url, { accept: 'application/json' }, { base, token, repo }, deps);
      const text = await readText(answer);
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (cause) {
        throw strange('does not answer with JSON', cause);
      }
      const parsed = schema.safeParse(value);
      if (!parsed.success) throw strange(`answers in an unknown shape (${parsed.error.issues[0]?.message})`);
      return { value: parsed.data, next: nextPage(answer.headers.get('link'), url) };
    });

  async function files(repo: string, commit: string): Promise<RemoteFile[]> {
    const found: RemoteFile[] = [];
    let page: URL | null = new URL(`${base}/api/models/${inUrl(repo)}/tree/${commit}?recursive=true`);
    for (let pages = 0; page !== null && pages < MAX_PAGES; pages++) {
      const { value, next }: { value: z.output<typeof treeSchema>; next: URL | null } = await json(
        page,
        repo,
        treeSchema,
      );
      for (const { type, path, size, oid, lfs } of value) {
        if (type !== 'file') continue;
        found.push({ path, size, sha256: hash(lfs?.oid, SHA256), git_blob: lfs ? null : hash(oid, SHA1) });
      }
      page = next;
    }
    return found;
  }

  return {
    address: base,
    async list(repo, revision) {
      const url = new URL(`${base}/api/models/${inUrl(repo)}/revision/${encodeURIComponent(revision)}`);
      const { sha } = (await json(url, repo, revisionSchema)).value;
      return { commit: sha.toLowerCase(), files: await files(repo, sha) };
    },
    async open(repo, commit, file, from, etag): Promise<Opened> {
      const url = new URL(`${base}/${inUrl(repo)}/resolve/${commit ?? 'main'}/${inUrl(file.path)}`);
      const range: Record<string, string> = from === 0 ? {} : { range: `bytes=${from}-` };
      if (from > 0 && etag !== null) range['if-range'] = etag;
      // A compressed answer has another length, and places in it mean nothing.
      const headers = { 'accept-encoding': 'identity', ...range };
      const answer = await get(url, headers, { base, token, repo }, deps);
      // That place does not exist there: what was kept is from another file.
      if (answer.status === 416) {
        await answer.discard();
        return this.open(repo, commit, file, 0, null);
      }
      const problem = contradiction(answer, commit, file, from);
      if (problem !== null) {
        await answer.discard();
        throw new ModelStoreError(
          'damaged',
          `${base} contradicts itself about ${file.path} of ${repo}: ${problem}. Try again later, or use another mirror (ENGRAM_MODEL_HUB).`,
        );
      }
      const strong = answer.headers.get('etag');
      return {
        resumed: answer.status === 206,
        etag: strong?.startsWith('"') ? strong : null,
        bytes: answer.bytes,
      };
    },
  };
}

/** The address of `rel="next"`; only of the same server, since the token goes with it. */
function nextPage(link: string | null, url: URL): URL | null {
  const target = /<([^>]+)>\s*;[^,]*\brel="?next"?/i.exec(link ?? '')?.[1];
  if (target === undefined || !URL.canParse(target, url.href)) return null;
  const next = new URL(target, url);
  return next.origin === url.origin ? next : null;
}

/** What an answer says about a file that the listing says otherwise. */
function contradiction({ status, headers, linked }: Answer, commit: string | null, file: RemoteFile, from: number) {
  const { size, sha256 } = file;
  if (linked.commit !== null && commit !== null && linked.commit !== commit)
    return `commit ${asked(linked.commit)} instead of ${commit}`;
  if (linked.size !== null && linked.size !== size) return `${linked.size} bytes instead of ${size}`;
  if (linked.sha256 !== null && sha256 !== null && linked.sha256 !== sha256)
    return `SHA-256 ${linked.sha256} instead of ${sha256}`;
  if (status === 206) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    if (Number(start) !== from) return `bytes from ${start ?? 'nowhere'} instead of ${from}`;
    if (total !== '*' && Number(total) !== size) return `${total} bytes instead of ${size}`;
    return null;
  }
  const length = headers.get('content-encoding') === null ? headers.get('content-length') : null;
  return length !== null && Number(length) !== size ? `${length} bytes instead of ${size}` : null;
}
