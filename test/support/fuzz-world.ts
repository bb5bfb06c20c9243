// What the fuzzer works in: an app with two users who have everything there is, which ids stand where, and how endpoints
// that would end the run are asked.
import fc from 'fast-check';
import type { Ports } from '../../src/app-shape.ts';
import type { Logger } from '../../src/core/log.ts';
import { PageFailure } from '../../src/core/web-page.ts';
import { type Caller, createTestApp, type TestApp } from './app.ts';
import { makeRows } from './tenancy-cases.ts';

/** No request of a run leaves this machine. */
const nothingThere = async (): Promise<never> => {
  throw new PageFailure('failed', 'Nobody is there.');
};

interface Care {
  readonly why: string;
  /** In one round of so many; a round sends each endpoint one request. */
  readonly every?: number;
  /** Called by an administrator who has nothing to lose. */
  readonly spare?: true;
  /** May say what the other user wrote. */
  readonly tells?: true;
  /** Puts back what the request may have changed. */
  after?(world: World): Promise<unknown>;
}

const RARELY = 20;
const newKeys = async (world: World): Promise<unknown> => {
  const { status } = await world.app.as(world.keys.user)('GET', '/quota');
  if (status === 401) world.keys.user = await world.keyFor(world.userId, 'read,write');
  return status;
};
const PLENTY = {
  max_memories: 1e6,
  max_conversations: 1e6,
  max_api_keys: 1e6,
  max_spaces: 1e6,
  max_memory_size_bytes: 102_400,
};
const open = async ({ app }: World): Promise<unknown> => {
  await app.call('POST', '/admin/maintenance', { enabled: false });
  const quotas = Object.entries(PLENTY).map(([name, most]) => [`quota.${name}`, most]);
  return app.call('PUT', '/admin/settings', Object.fromEntries(quotas));
};
/** Endpoints that would end the run, or spoil what it is to find. */
export const CARE: Readonly<Record<string, Care>> = {
  'tenants.reset': { why: 'erases everything of who asks', every: RARELY, spare: true },
  'tenants.admin_reset': { why: 'erases everything of who asks', every: RARELY, spare: true },
  'tenants.deprovision': { why: 'erases the user it names', every: RARELY },
  'tenants.set_quota': {
    why: 'may leave no room for anything',
    after: ({ app, userId }) =>
      app.call('PUT', '/admin/quotas', { user_id: userId, ...PLENTY, rate_limit_override: null }),
  },
  'admin.set_settings': { why: 'may turn maintenance on', after: open },
  'admin.set_maintenance': { why: 'may refuse all changes', after: open },
  'jobs.pause': { why: 'may stop all work', after: ({ app }) => app.call('POST', '/jobs/resume', { lanes: ['all'] }) },
  'access.revoke_key': { why: 'may turn off the key in use', after: newKeys },
  'access.delete_api_key': { why: 'may turn off the key in use', after: newKeys },
  'access.rotate_key': { why: 'may turn off the key in use', after: newKeys },
  'maintenance.compact': { why: 'writes the whole database again', every: RARELY },
  'maintenance.rekey': { why: 'may write the whole database again', every: RARELY },
  'backup.create': { why: 'writes the whole database', every: RARELY },
  'backup.prepare_restore': { why: 'writes the whole database', every: RARELY },
  'backup.verify': { why: 'reads the whole database', every: RARELY },
  'backup.download': { why: 'is the whole database', every: RARELY, tells: true },
  'audit.list': { why: 'tells administrators what everybody did', tells: true },
};

export interface World {
  readonly app: TestApp;
  readonly userId: number;
  readonly otherId: number;
  readonly keys: { user: string; admin: string };
  readonly ids: ReturnType<typeof idPools>;
  /** What the log said about a request, by its id. */
  readonly logged: Map<string, string>;
  keyFor(userId: number, scopes: string): Promise<string>;
}

type Names = Readonly<Record<string, number | string>>;
const MEMORY = ['memory', 'memory', 'memory', 'forgotten', 'pending'];
/** What stands in a field `id`, or a parameter of the path, by feature. */
const OF_FEATURE: Readonly<Record<string, readonly string[]>> = {
  entities: ['entity', 'second'],
  projects: ['project'],
  causes: ['chain'],
  consolidation: ['consolidation'],
  digests: ['digest'],
  episodes: ['episode'],
  conversations: ['conversation'],
  grounding: ['grounding'],
  gate: ['gate'],
  approvals: ['approval'],
  sessions: ['session'],
  webhooks: ['webhook'],
  access: ['key'],
  tenants: ['space'],
  redaction: ['space'],
  inbox: ['pending'],
  trash: ['forgotten'],
  growth: ['observation'],
  mem0: ['mem0'],
};
const OF_FIELD: readonly (readonly [RegExp, readonly string[]])[] = [
  [/memory_?(a_|b_)?ids?$|^ids$/, MEMORY],
  [/observation_id/, ['observation']],
  [/entity_id|^into$|^target_id$/, ['entity', 'second']],
  [/episode_id/, ['episode']],
  [/space_id/, ['space']],
  [/project_id/, ['project']],
  [/chain_id/, ['chain']],
  [/gate_id/, ['gate']],
  [/digest_id/, ['digest']],
  [/upload_id/, ['upload']],
  [/job_id/, ['import']],
  [/key_id/, ['key']],
  [/conversation_id/, ['conversation']],
  [/user_id/, ['user']],
  [/^session(_id)?$/, ['session_name', 'session', 'grounding']],
];
const NONSENSE: readonly unknown[] = [
  0,
  -1,
  999_999,
  2 ** 31,
  2 ** 53 - 1,
  1.5,
  '0',
  'x',
  '',
  '01234567-89ab-4cde-8f01-23456789abcd',
  '__proto__',
  '1e3',
  '🦊',
];
const KEPT = 40;
/** What is older is likely erased by now. */
const RECENT = 6;

function idPools(mine: Names, theirs: Names) {
  const own = new Map(Object.entries(mine).map(([name, value]) => [name, [value]]));
  const kindsOf = (feature: string, field: string): readonly string[] | null => {
    if (field === 'id' || field === 'source_id') return OF_FEATURE[feature] ?? MEMORY;
    if (field === 'key' && feature === 'preferences') return ['preference'];
    if (feature === 'inbox' && field === 'ids') return ['pending'];
    if (feature === 'graph' && /^(from|to|center)$/.test(field)) return ['memory'];
    return OF_FIELD.find(([pattern]) => pattern.test(field))?.[1] ?? null;
  };
  return {
    idsOf(feature: string, field: string): fc.Arbitrary<unknown> | null {
      const kinds = kindsOf(feature, field);
      if (kinds === null) return null;
      const from = (pick: (kind: string) => readonly unknown[]) =>
        fc.tuple(fc.constantFrom(...kinds), fc.nat()).map(([kind, n]) => {
          const values = pick(kind);
          return values[values.length - 1 - (n % Math.min(values.length, RECENT))];
        });
      return fc.oneof(
        { weight: 12, arbitrary: from((kind) => own.get(kind) ?? NONSENSE) },
        { weight: 3, arbitrary: from((kind) => [theirs[kind] ?? 0]) },
        { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }) },
        { weight: 2, arbitrary: fc.constantFrom(...NONSENSE) },
      );
    },
    /** What the user made lives longer than what was there at the start: much of that is erased on the way. */
    learn(feature: string, body: unknown): void {
      if (typeof body !== 'object' || body === null) return;
      for (const [field, value] of Object.entries(body)) {
        if (typeof value !== 'number' && typeof value !== 'string') continue;
        const kind = /(^|_)id$/.test(field) && field !== 'request_id' ? kindsOf(feature, field)?.[0] : undefined;
        if (kind === undefined || kind === 'user') continue;
        this.add(kind, value);
      }
    },
    add(kind: string, value: unknown): void {
      const values = own.get(kind) ?? [];
      values.push(value as string);
      if (values.length > KEPT) values.shift();
      own.set(kind, values);
    },
  };
}

export async function createWorld(ports: Partial<Ports> = {}): Promise<World> {
  const logged = new Map<string, string>();
  const note = (fields: object): void => {
    const { request_id, err } = fields as { request_id?: string; err?: unknown };
    const told = err instanceof Error ? (err.stack ?? err.message) : JSON.stringify(fields);
    logged.set(request_id ?? 'elsewhere', told.slice(0, 2_000));
  };
  const logger: Logger = { debug() {}, info() {}, warn() {}, error: note };
  const app = await createTestApp({
    env: {
      ENGRAM_UNDERSTANDING: '1',
      ENGRAM_EMBEDDING_MODEL: '',
      ENGRAM_WEBHOOK_ALLOW_PRIVATE: '1',
      ENGRAM_GATE_APPROVAL_TIMEOUT: '1',
      ENGRAM_PUBLIC_URL: 'http://127.0.0.1:4200',
    },
    ports: { logger, pause: async () => {}, readPage: nothingThere, ...ports },
  });
  const keyFor = async (user_id: number, scopes: string): Promise<string> =>
    (await app.call('POST', '/keys', { name: 'fuzz', scopes, user_id })).body.key;
  const userFor = async (username: string): Promise<number> => (await app.call('POST', '/users', { username })).body.id;
  const [otherId, userId] = [await userFor('other'), await userFor('user')];
  const other = app.as(await keyFor(otherId, 'read,write'));
  const keys = { user: await keyFor(userId, 'read,write'), admin: app.key };
  const marked = (text: string) => text.replaceAll('quokka', 'zebrafinch').replaceAll('Quokka', 'Zebrafinch');
  const marking: Caller = (method, path, body, headers) => {
    // What is uploaded carries its own checksum.
    const sealed = body === undefined || (typeof body === 'object' && body !== null && 'chunk_hash' in body);
    return other(method, marked(path), sealed ? body : JSON.parse(marked(JSON.stringify(body))), headers);
  };
  const theirs = { ...(await makeRows(marking, () => app.jobs.drain())), preference: 'zebrafinch.tea' };
  const mine = await makeRows(app.as(keys.user), () => app.jobs.drain());
  return { app, userId, otherId, keys, ids: idPools(mine, { ...theirs, preference: 'nothing.tea' }), logged, keyFor };
}

const SHA256 = 'a591a6d40bf420404a011733cfb7b190d62c65bf0bcda32b57b277d9ad9f146e';
/** One of each, for requests to name: where all was erased, they would reach nothing. `#` is a number not used before. */
const FRESH: readonly (readonly [kind: string, method: string, path: string, body: unknown])[] = [
  ['space', 'POST', '/spaces', { name: 'work' }],
  [
    'memory',
    'POST',
    '/store',
    { content: 'The Zanzibar server # listens on port 4711.', tags: ['vault'], session_id: 'night' },
  ],
  [
    'memory',
    'POST',
    '/store',
    { content: 'Ann works at Acme #. She loves tea because the coffee failed.', session_id: 'night' },
  ],
  ['pending', 'POST', '/store', { content: 'Nobody has seen note # yet.', status: 'pending' }],
  ['forgotten', 'POST', '/store', { content: 'The fox # sleeps under the bridge.' }],
  ['entity', 'POST', '/entities', { name: 'Mole #', type: 'tool' }],
  ['second', 'POST', '/entities', { name: 'Gate #', type: 'tool' }],
  ['project', 'POST', '/projects', { name: 'Harbour #' }],
  ['episode', 'POST', '/episodes', { title: 'Night #', session_id: 'night' }],
  ['conversation', 'POST', '/conversations', { agent: 'ann', session_id: 'night #' }],
  ['approval', 'POST', '/approvals', { action: 'open #', requester: 'ann' }],
  ['digest', 'POST', '/digests', { webhook_url: 'http://127.0.0.1:9/digest' }],
  ['webhook', 'POST', '/webhooks', { url: 'http://127.0.0.1:9/hook' }],
  ['session', 'POST', '/sessions', { agent: 'ann' }],
  ['grounding', 'POST', '/grounding/sessions', { name: 'tools #' }],
  ['upload', 'POST', '/ingest/upload/init', { filename: '#.txt' }],
  ['observation', 'POST', '/growth/reflect', { service: 'ann', context: ['restarted server # twice'] }],
  [
    'mem0',
    'POST',
    '/v1/memories/',
    { messages: [{ role: 'user', content: 'The tea # is in the cellar.' }], user_id: 'ann', infer: false },
  ],
  ['', 'POST', '/memory-tool', { command: 'create', path: '/memories/projects/harbour.md', file_text: 'Berth #' }],
  ['', 'PUT', '/preferences', { 'quokka.tea': 'green #' }],
  ['', 'PUT', '/scratch', { session: 'night', agent: 'ann', entries: [{ key: 'note', value: '#' }] }],
];

/** Sent with nothing wrong in it, so that what follows has something to be about. */
export async function nourish({ app, keys, ids }: World, round: number): Promise<void> {
  const call = app.as(keys.user);
  for (const [kind, method, path, body] of FRESH) {
    const made = await call(method, path, JSON.parse(JSON.stringify(body).replaceAll('#', String(round))));
    const { id = made.body?.upload_id ?? made.body?.[0]?.id ?? made.body?.results?.[0]?.id } = Object(made.body);
    if (kind === 'forgotten' && id) await call('POST', `/memory/${id}/forget`);
    if (kind === 'upload' && id)
      await call('POST', '/ingest/upload/chunk', {
        upload_id: id,
        chunk_index: 0,
        chunk_hash: SHA256,
        data: 'SGVsbG8gV29ybGQ=',
      });
    if (kind !== '' && id) ids.add(kind, id);
  }
}
