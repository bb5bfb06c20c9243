// Users from the outside: what they may have, what they have, how they come and go.
import { DAY_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Ids } from '../../core/crypto.ts';
import { AppError } from '../../core/errors.ts';
import type { FullTextIndex } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { mintedKey } from '../access/rules.ts';
import type { AccessService } from '../access/service.ts';
import type { AccessStore } from '../access/store.ts';
import type { Trash } from '../trash/service.ts';
import type { Erasure } from './erasure.ts';
import { isWithin, LIMITS, type Quota } from './rules.ts';
import type { TenantStore } from './store.ts';

interface Stores {
  access: AccessStore;
  tenants: TenantStore;
  fullText: FullTextIndex;
  lockUser(user_id: number): Promise<void>;
}

export interface TenantsDeps {
  read: Pick<Stores, 'access' | 'tenants'>;
  atomically: Atomically<Stores>;
  access: Pick<AccessService, 'insertUser' | 'keys' | 'spaces' | 'forgetUser'>;
  trash: Pick<Trash, 'eraseAll'>;
  erasure: Erasure;
  /** After commit: memories wait to be read. */
  readAgain(user_id: number): Promise<void>;
  clock: Clock;
  ids: Ids;
}

const OWNER_ID = 1;
const DEFAULT_SPACE = 'default';
const PAGE = 100;

type Change = { [K in keyof Quota]?: Quota[K] | undefined };

export function createTenants(deps: TenantsDeps) {
  const { read, atomically, access, clock, ids } = deps;
  const now = () => formatTime(clock.now());
  const noUser = (user_id: number) => new AppError('user_not_found', `There is no user ${user_id}.`);

  async function emptied(user_id: number, space_id: number): Promise<number> {
    let erased = 0;
    for (;;) {
      const page = await read.tenants.inSpace(user_id, space_id, PAGE);
      if (page.length === 0) return erased;
      erased += (await deps.trash.eraseAll(user_id, page)).memories;
    }
  }

  return {
    async quota({ user_id }: Scope) {
      const [counts, quota] = await Promise.all([read.tenants.counts(user_id), read.tenants.quota(user_id)]);
      if (!counts || !quota) throw noUser(user_id);
      return {
        user_id,
        memory_count: counts.memories,
        memory_limit: quota.max_memories,
        conversation_count: counts.conversations,
        conversation_limit: quota.max_conversations,
        key_count: counts.api_keys,
        key_limit: quota.max_api_keys,
        spaces_count: counts.spaces,
        spaces_limit: quota.max_spaces,
        max_memory_size_bytes: quota.max_memory_size_bytes,
        within_limits:
          isWithin(counts.memories, quota.max_memories) &&
          isWithin(counts.conversations, quota.max_conversations) &&
          isWithin(counts.api_keys, quota.max_api_keys) &&
          isWithin(counts.spaces, quota.max_spaces),
      };
    },

    async report({ user_id }: Scope, event: { event_type: string; quantity: number; agent_id: string }) {
      const day = now().slice(0, 10);
      await atomically(({ tenants }) => tenants.addUsage({ user_id, day, events: 1, ...event }));
      return { recorded: true as const };
    },
    async usage({ user_id }: Scope, days: number) {
      const since = formatTime(clock.now() - (days - 1) * DAY_MS).slice(0, 10);
      const usage = (await read.tenants.usage(user_id, since)).map(({ user_id: _own, agent_id, ...row }) => ({
        ...row,
        agent_id: agent_id === '' ? null : agent_id,
      }));
      return { usage, count: usage.length };
    },

    /** What becomes of a space's memories has to be said. */
    async deleteSpace({ user_id }: Scope, id: number, wish: { move_to?: number | undefined; erase: boolean }) {
      const { move_to, erase } = wish;
      const spaces = await read.access.spaces(user_id);
      const space = spaces.find((one) => one.id === id);
      if (!space) throw new AppError('space_missing', `You have no space ${id}. GET /spaces lists yours.`);
      if (space.name === DEFAULT_SPACE)
        throw new AppError('invalid_request', 'The default space stays: memories go there when no space is named.');
      if (move_to !== undefined && erase)
        throw new AppError('invalid_request', 'Say either move_to or erase: memories cannot be moved and erased.');
      if (move_to !== undefined && (move_to === id || !spaces.some((one) => one.id === move_to)))
        throw new AppError(
          'space_not_found',
          `There is no other space ${move_to} to move to. GET /spaces lists yours.`,
        );
      const erased = erase ? await emptied(user_id, id) : 0;
      const moved = await atomically(async ({ access, tenants, lockUser }) => {
        await lockUser(user_id);
        const moved = move_to === undefined ? 0 : await tenants.move(user_id, id, move_to);
        if ((await tenants.inSpace(user_id, id, 1)).length > 0)
          throw new AppError(
            'space_not_empty',
            `The space "${space.name}" still holds memories. Say what becomes of them: ?move_to=<id of another space>, or ?erase=true.`,
          );
        await tenants.emptySpace(user_id, id);
        await access.removeSpace(user_id, id);
        return moved;
      });
      access.spaces.changed(user_id);
      if (moved > 0) await deps.readAgain(user_id);
      return { deleted: true as const, id, moved, erased };
    },

    quotas: async () => (await read.tenants.quotas()).map((row) => ({ ...row, is_own: row.is_own === 1 })),

    async setQuota(user_id: number, change: Change) {
      await atomically(async ({ tenants }) => {
        const before = await tenants.quota(user_id);
        if (!before) throw noUser(user_id);
        const quota = Object.fromEntries(LIMITS.map((limit) => [limit, change[limit] ?? before[limit]]));
        const { rate_limit_override = before.rate_limit_override } = change;
        await tenants.setQuota(user_id, { ...(quota as Quota), rate_limit_override });
      });
      return { status: 'ok' as const, user_id };
    },

    async allUsage() {
      return (await read.access.usersWithCounts()).map((user) => ({
        user_id: user.id,
        username: user.username,
        memory_count: user.memory_count,
        conversation_count: user.conversation_count,
        api_key_count: user.key_count,
        space_count: user.space_count,
      }));
    },
    async list() {
      return (await read.access.usersWithCounts()).map(
        ({ id, username, role, memory_count, key_count, created_at }) => ({
          id,
          username,
          role,
          memory_count,
          key_count,
          created_at,
        }),
      );
    },

    async provision(request: { username: string; email?: string | null | undefined; role: string }) {
      const secret = mintedKey(ids.randomHex(32));
      return atomically(async ({ access: store, fullText }) => {
        if (await store.userByName(request.username))
          throw new AppError('name_taken', `There is already a user named "${request.username}".`);
        const user = await access.insertUser(store, fullText, request);
        await access.keys.insert(store, {
          secret,
          user_id: user.id,
          name: 'default',
          scopes: request.role === 'reader' ? ['read'] : ['read', 'write'],
          rate_limit: 1000,
          expires_at: null,
        });
        const [space] = await store.spaces(user.id);
        return { user_id: user.id, username: user.username, role: user.role, api_key: secret, space_id: space!.id };
      });
    },

    async deprovision(scope: Scope, user_id: number) {
      if (user_id === OWNER_ID)
        throw new AppError('invalid_request', 'User 1 owns this server and stays; POST /reset erases what is theirs.');
      if (user_id === scope.user_id)
        throw new AppError('invalid_request', 'This is you: ask another administrator, or use POST /reset.');
      if (!(await read.access.userById(user_id))) throw noUser(user_id);
      await atomically(({ access: store }) => store.endKeys(user_id));
      access.forgetUser(user_id);
      const deleted_rows = await deps.erasure.remove(user_id);
      access.forgetUser(user_id);
      return { removed: true as const, user_id, deleted_rows };
    },

    async reset({ user_id }: Scope) {
      return { deleted_rows: await deps.erasure.wipe(user_id), user_id };
    },
  };
}
export type Tenants = ReturnType<typeof createTenants>;
