// Who may come in: the first key, users, keys, spaces, and the resolution of a bearer token to a scope.
import { type Clock, formatTime, parseTime } from '../../core/clock.ts';
import type { Ids, Sha256 } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import { ACCESS_SCOPES, type AccessScope, type Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { createKeys } from './keys.ts';
import { isLoopback, mintedKey, normalizeKey, parseScopes, sameSecret } from './rules.ts';
import type { AccessStore, KeyRow, SpaceRow, UserRow } from './store.ts';

export interface AccessDeps {
  read: { access: AccessStore };
  atomically: Atomically<{ access: AccessStore; fullText: FullTextIndex }>;
  clock: Clock;
  ids: Ids;
  sha256: Sha256;
  bootstrapSecret: string | null;
  pepper: string | null;
  openAccess: boolean;
  /** Those that OAuth clients come with. */
  tokens: {
    /** @returns whom an access token stands for; null when it does not work */
    holder(token: string): Promise<TokenHolder | null>;
    /** After commit: keys ended, and what was let in with them. */
    forget(): void;
    flush(): Promise<void>;
  };
  /** Hours in which a rotated key still works, when the caller does not say. */
  rotationGraceHours: number;
}

interface TokenHolder {
  readonly user_id: number;
  /** The key that let the client in. */
  readonly key_id: number;
  readonly grant_id: number;
  readonly scopes: readonly AccessScope[];
}

interface KnownKey {
  row: KeyRow;
  scopes: AccessScope[];
  expires: number | null;
  /** When this was read; see CACHE_MS. */
  read_at: number;
}

/** How long a key or a list of spaces is believed without asking: another server on the same database may revoke it. */
const CACHE_MS = 10_000;
const BOOTSTRAP_TRIES = 5;
const BOOTSTRAP_WINDOW_MS = 60_000;
const MAX_CACHED_KEYS = 1_000;
const CLAIMED = 'bootstrap_claimed';
/** The first administrator, in whose name open access and local commands work. */
const OWNER_ID = 1;

export function createAccess(deps: AccessDeps) {
  const { read, atomically, clock, ids, sha256, pepper, tokens } = deps;
  const hashVersion = pepper === null ? 1 : 2;
  const hashOf = (normalized: string) => sha256(pepper === null ? normalized : pepper + normalized);
  const now = () => formatTime(clock.now());
  const keys = new Map<string, KnownKey>();
  const spaces = new Map<number, { rows: SpaceRow[]; read_at: number }>();
  const used = new Map<number, string>();
  let failures: number[] = [];
  /** Counts what empties a cache: what was read before such a change must not be kept after it. */
  let changes = 0;

  async function spacesOf(user_id: number): Promise<SpaceRow[]> {
    const known = spaces.get(user_id);
    if (known && clock.now() - known.read_at < CACHE_MS) return known.rows;
    const before = changes;
    const rows = await read.access.spaces(user_id);
    if (before === changes) spaces.set(user_id, { rows, read_at: clock.now() });
    return rows;
  }

  const keyring = createKeys({
    read,
    atomically,
    clock,
    ids,
    hashOf,
    hashVersion,
    graceHours: deps.rotationGraceHours,
    changed(key_hash) {
      changes++;
      keys.delete(key_hash);
      tokens.forget();
    },
  });
  const shelves = {
    list: (scope: Scope) => read.access.spacesWithCounts(scope.user_id),

    async create(scope: Scope, name: string, description: string | null): Promise<SpaceRow> {
      const row = await atomically(async ({ access }) => {
        const existing = await access.spaces(scope.user_id);
        if (existing.some((s) => s.name === name))
          throw new AppError('name_taken', `You already have a space named "${name}".`);
        return access.createSpace({ user_id: scope.user_id, name, description, created_at: now() });
      });
      shelves.changed(scope.user_id);
      return row;
    },

    /** After commit. */
    changed(user_id: number): void {
      changes++;
      spaces.delete(user_id);
    },
  };

  async function insertUser(
    access: AccessStore,
    fullText: FullTextIndex,
    {
      username,
      role,
      email = null,
      id,
    }: { username: string; role: string; email?: string | null | undefined; id?: number },
  ): Promise<UserRow> {
    const created_at = now();
    const is_admin = role === 'admin' ? 1 : 0;
    const user = await access.createUser({
      ...(id !== undefined && { id }),
      username,
      email,
      role,
      is_admin,
      created_at,
    });
    await access.createSpace({ user_id: user.id, name: 'default', description: null, created_at });
    await fullText.createFor(user.id);
    return user;
  }

  /** User 1, made if need be under that very id: a sequence may have moved on in a transaction that failed. */
  const ownerIn = async (access: AccessStore, fullText: FullTextIndex): Promise<UserRow> =>
    (await access.userById(OWNER_ID)) ??
    insertUser(access, fullText, { username: 'operator', role: 'admin', id: OWNER_ID });

  /** User 1 with an admin key; throws when somebody was first. */
  async function claim(secret: string, name: string): Promise<void> {
    await atomically(async ({ access, fullText }) => {
      if ((await access.state(CLAIMED)) !== undefined || (await access.anyKey())) {
        throw new AppError(
          'already_bootstrapped',
          'The first key was already handed out. Ask whoever has it for a key of your own (POST /keys).',
        );
      }
      const owner = await ownerIn(access, fullText);
      await keyring.insert(access, {
        secret,
        user_id: owner.id,
        name,
        scopes: ACCESS_SCOPES,
        rate_limit: 1000,
        expires_at: null,
      });
      await access.setState(CLAIMED, owner.created_at, now());
    });
  }

  async function lookUp(normalized: string): Promise<KnownKey | null> {
    const hash = hashOf(normalized);
    const known = keys.get(hash);
    if (known && clock.now() - known.read_at < CACHE_MS) return known;
    const before = changes;
    const row = await read.access.keyByHash(hash);
    if (!row?.is_active || row.hash_version !== hashVersion) {
      keys.delete(hash);
      return null;
    }
    const key = {
      row,
      scopes: parseScopes(row.scopes).scopes,
      expires: row.expires_at === null ? null : parseTime(row.expires_at),
      read_at: clock.now(),
    };
    if (before !== changes) return key;
    if (keys.size >= MAX_CACHED_KEYS) keys.delete(keys.keys().next().value!);
    keys.set(hash, key);
    return key;
  }

  async function spaceNamed(user_id: number, name: string | null): Promise<number | null> {
    if (name === null || name.trim() === '') return null;
    const space = (await spacesOf(user_id)).find((s) => s.name === name.trim());
    if (!space)
      throw new AppError(
        'space_not_found',
        `There is no space named "${name.slice(0, 100)}". GET /spaces lists yours; POST /spaces makes one.`,
      );
    return space.id;
  }

  async function scopeFor(
    user_id: number,
    key_id: number,
    scopes: readonly AccessScope[],
    spaceName: string | null,
  ): Promise<Scope> {
    const all = await spacesOf(user_id);
    return {
      user_id,
      key_id,
      scopes,
      default_space_id: all.find((s) => s.name === 'default')?.id ?? null,
      space_id: spaceName === null ? null : await spaceNamed(user_id, spaceName),
    };
  }

  return {
    /** Makes sure user 1 exists, and gives it `ENGRAM_API_KEY` as its admin key on the very first start. */
    async start(seedKey: string | null): Promise<void> {
      if (seedKey !== null && !(await read.access.anyKey())) {
        await claim(seedKey, 'admin').catch((error) => {
          // Of servers that start together on one Postgres, one is first.
          if (!(error instanceof AppError && error.code === 'already_bootstrapped')) throw error;
        });
      } else if (deps.openAccess && !(await read.access.userById(OWNER_ID))) {
        await atomically(({ access, fullText }) => ownerIn(access, fullText));
      }
    },

    needsBootstrap: async (): Promise<boolean> => !(await read.access.anyKey()),

    async bootstrap(name: string, secret: string | null, peer: string | null) {
      const at = clock.now();
      failures = failures.filter((t) => t > at - BOOTSTRAP_WINDOW_MS);
      if (failures.length >= BOOTSTRAP_TRIES)
        throw new AppError('rate_limited', 'Too many wrong bootstrap secrets; wait a minute.');
      if (deps.bootstrapSecret !== null) {
        if (secret === null || !sameSecret(sha256(secret), sha256(deps.bootstrapSecret))) {
          failures.push(at);
          throw new AppError('bootstrap_secret_wrong', 'Send the value of ENGRAM_BOOTSTRAP_SECRET as "secret".');
        }
      } else if (peer !== null && !isLoopback(peer)) {
        throw new AppError(
          'peer_not_local',
          'Without ENGRAM_BOOTSTRAP_SECRET the first key is only given to callers on the same machine.',
        );
      }
      const key = mintedKey(ids.randomHex(32));
      await claim(key, name);
      return {
        key,
        api_key: key,
        name,
        scopes: [...ACCESS_SCOPES],
        user_id: OWNER_ID,
        message: 'Keep this key: it is not shown again.',
      };
    },

    /**
     * Who is behind a request.
     * @param token bearer token, null when none was sent
     * @param spaceName `X-Space` header
     */
    async resolve(token: string | null, spaceName: string | null): Promise<Scope> {
      if (token === null) {
        if (deps.openAccess) return scopeFor(OWNER_ID, 0, ['read'], spaceName);
        throw new AppError(
          'unauthorized',
          'Send your key as "Authorization: Bearer eg_...". POST /bootstrap gives the first one.',
        );
      }
      const normalized = normalizeKey(token);
      if (normalized === null) {
        const holder = await tokens.holder(token);
        if (holder === null) throw new AppError('unauthorized', 'This key is not valid here.');
        const scope = await scopeFor(holder.user_id, holder.key_id, holder.scopes, spaceName);
        return { ...scope, grant_id: holder.grant_id };
      }
      const key = await lookUp(normalized);
      // One sentence for unknown, malformed, expired and revoked alike: nothing to learn by trying.
      if (!key || (key.expires !== null && key.expires <= clock.now()))
        throw new AppError('unauthorized', 'This key is not valid here.');
      used.set(key.row.id, now());
      return scopeFor(key.row.user_id, key.row.id, key.scopes, spaceName);
    },

    /** User 1 with every right, for callers in this process: whoever can read the files owns what is in them. */
    async operator(spaceName: string | null): Promise<Scope> {
      if (!(await read.access.userById(OWNER_ID)))
        await atomically(({ access, fullText }) => ownerIn(access, fullText));
      return scopeFor(OWNER_ID, 0, ACCESS_SCOPES, spaceName);
    },

    insertUser,
    async createUser(request: { username: string; email?: string | null | undefined; role: string }): Promise<UserRow> {
      return atomically(async ({ access, fullText }) => {
        if (await access.userByName(request.username))
          throw new AppError('name_taken', `There is already a user named "${request.username}".`);
        return insertUser(access, fullText, request);
      });
    },
    users: () => read.access.usersWithCounts(),

    keys: keyring,
    spaces: shelves,
    spaceExists: async (user_id: number, space_id: number): Promise<boolean> =>
      (await spacesOf(user_id)).some((s) => s.id === space_id),

    /** After commit: nothing that is kept in memory about the user counts any more. */
    forgetUser(user_id: number): void {
      changes++;
      spaces.delete(user_id);
      for (const [hash, { row }] of keys) if (row.user_id === user_id) keys.delete(hash);
      tokens.forget();
    },

    /** Writes when keys were last used; gathered so that authentication never writes. */
    async flush(): Promise<void> {
      await tokens.flush();
      if (used.size === 0) return;
      const batch = [...used];
      used.clear();
      await atomically(async ({ access }) => {
        for (const [id, at] of batch) await access.used(id, at);
      });
    },
  };
}
export type AccessService = ReturnType<typeof createAccess>;
