// A model hub on this machine: the layout of the public one, with history, redirects and every bad day a test asks for.
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tempDir } from './app.ts';
import { writeToyModel } from './onnx-model.ts';

export type RepoFiles = Readonly<Record<string, Uint8Array | string>>;

export interface Seen {
  method: string;
  /** Path and query. */
  path: string;
  headers: IncomingMessage['headers'];
}

/** Answers in place of the hub; `content` is the file asked for, empty for other paths. */
export type Answering = (request: IncomingMessage, response: ServerResponse, content: Uint8Array) => void;

export interface ModelHub {
  readonly url: string;
  /** Every request, oldest first. */
  readonly seen: Seen[];
  /** A new commit, which `main` then points to. @returns its name */
  publish(repo: string, files: RepoFiles): string;
  /** What the list of files says about one is changed before it goes out. */
  announce(path: string, change: Record<string, unknown>): void;
  /** The next `times` requests whose path contains `part` get this answer. */
  answer(part: string, answering: Answering, times?: number): void;
  /** Large files are redirected to this other server from now on. */
  elsewhere(server: ModelHub): void;
  close(): Promise<void>;
}

export const sha256 = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');
const gitBlob = (content: Uint8Array): string =>
  createHash('sha1').update(`blob ${content.byteLength}\0`).update(content).digest('hex');
const isLarge = (path: string): boolean => /\.onnx(_data|\.data)?$/.test(path);

export async function startModelHub(): Promise<ModelHub> {
  const repos = new Map<string, { main: string; commits: Map<string, Map<string, Uint8Array>> }>();
  const seen: Seen[] = [];
  const announced = new Map<string, Record<string, unknown>>();
  const bad: { part: string; answering: Answering; times: number }[] = [];
  let cdn: ModelHub | null = null;

  const json = (response: ServerResponse, status: number, value: unknown) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };

  function find(url: URL) {
    const path = decodeURIComponent(url.pathname);
    const [, kind, repo, rest] =
      /^\/api\/models\/([^/]+\/[^/]+)\/(?:revision|tree)\/(.+)$/.exec(path)?.toSpliced(1, 0, 'api') ??
      /^\/([^/]+\/[^/]+)\/resolve\/(.+)$/.exec(path)?.toSpliced(1, 0, 'resolve') ??
      [];
    const known = repos.get(repo ?? '');
    const [revision = '', ...inner] = (rest ?? '').split('/');
    const commit = revision === 'main' ? known?.main : revision;
    const files = known?.commits.get(commit ?? '');
    return { kind, repo, commit, files, file: inner.join('/'), content: files?.get(inner.join('/')) };
  }

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://hub');
    seen.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
    const { kind, commit, files, file, content } = find(url);
    const planned = bad.find(({ part, times }) => times > 0 && url.pathname.includes(part));
    if (planned) {
      planned.times--;
      planned.answering(request, response, content ?? new Uint8Array());
    } else if (files === undefined || (kind === 'resolve' && content === undefined)) {
      json(response, 404, { error: 'Repository not found' });
    } else if (url.pathname.includes('/revision/')) {
      json(response, 200, { id: 'x', sha: commit });
    } else if (kind === 'api') {
      const listed = [...files].map(([path, bytes]) => ({
        type: 'file',
        path,
        size: bytes.byteLength,
        oid: gitBlob(bytes),
        ...(isLarge(path) && { lfs: { oid: sha256(bytes), size: bytes.byteLength, pointerSize: 134 } }),
        ...announced.get(path),
      }));
      json(response, 200, [{ type: 'directory', path: 'onnx', size: 0, oid: '0' }, ...listed]);
    } else {
      const large = isLarge(file);
      const headers = {
        'x-repo-commit': commit!,
        ...(large && { 'x-linked-etag': `"${sha256(content!)}"`, 'x-linked-size': String(content!.byteLength) }),
      };
      if (large && cdn) {
        response.writeHead(302, { ...headers, location: `${cdn.url}${url.pathname}?signature=secret` });
        response.end();
      } else sendFile(request, response, content!, headers);
    }
  }

  const server: Server = createServer(serve).listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    publish(repo, files) {
      const contents = Object.entries(files).map(
        ([path, content]) => [path, typeof content === 'string' ? Buffer.from(content) : content] as const,
      );
      const known = repos.get(repo) ?? { main: '', commits: new Map() };
      const named = [repo, known.main, ...contents.map(([path, content]) => path + sha256(content))].join();
      known.main = createHash('sha1').update(named).digest('hex');
      known.commits.set(known.main, new Map(contents));
      repos.set(repo, known);
      return known.main;
    },
    announce: (path, change) => void announced.set(path, change),
    answer: (part, answering, times = 1) => void bad.push({ part, answering, times }),
    elsewhere: (other) => {
      cdn = other;
    },
    async close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** A file as web servers send it: all of it, or from a place on when it still is the same one. */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array,
  headers: Record<string, string> = {},
): void {
  const etag = `"${sha256(content).slice(0, 16)}"`;
  const condition = request.headers['if-range'];
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const base = { ...headers, etag, 'accept-ranges': 'bytes' };
  if (from > 0 && from >= content.byteLength) {
    response.writeHead(416, base);
    response.end();
  } else if (from > 0 && (condition === undefined || condition === etag)) {
    const rest = content.subarray(from);
    const range = `bytes ${from}-${content.byteLength - 1}/${content.byteLength}`;
    response.writeHead(206, { ...base, 'content-length': rest.byteLength, 'content-range': range });
    response.end(rest);
  } else {
    response.writeHead(200, { ...base, 'content-length': content.byteLength });
    response.end(content);
  }
}

/**
 * Sends so many bytes of all that were promised; once they have arrived, the connection ends. (Without waiting, how many the
 * other side gets to see is a matter of luck.)
 */
export const cutAfter =
  (bytes: number, arrived: Promise<unknown>): Answering =>
  (request, response, content) => {
    const etag = `"${sha256(content).slice(0, 16)}"`;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const length = content.byteLength - from;
    const range = `bytes ${from}-${content.byteLength - 1}/${content.byteLength}`;
    response.writeHead(from > 0 ? 206 : 200, {
      etag,
      'content-length': length,
      ...(from > 0 && { 'content-range': range }),
    });
    response.write(content.subarray(from, from + bytes));
    void arrived.then(() => response.destroy());
  };

export const status =
  (code: number, headers: Record<string, string> = {}): Answering =>
  (_request, response) => {
    response.writeHead(code, headers);
    response.end('{"error":"said the hub"}');
  };

/** Takes the request and never says a word. */
export const hang: Answering = () => {};

/**
 * A working embedding model of `dims` numbers that wants its token vectors averaged, as a repository holds it: graph under
 * onnx/, tokenizer beside.
 */
export async function embeddingRepo(dims: number, seed = 1): Promise<Record<string, Uint8Array | string>> {
  const dir = await writeToyModel(tempDir(), { dims, pooling: 'mean', seed });
  return {
    'README.md': '# A model\n',
    'config.json': '{"model_type":"bert","max_position_embeddings":512}',
    'tokenizer.json': await readFile(join(dir, 'tokenizer.json')),
    'tokenizer_config.json': '{"model_max_length":512}',
    'onnx/model.onnx': Buffer.from('the large one, which nobody asked for'),
    'onnx/model_quantized.onnx': await readFile(join(dir, 'model.onnx')),
  };
}
