// Preferences set by hand, beside those that memories tell.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { Personality } from '../personality/service.ts';
import { textOf } from './contract.ts';
import { domainOf } from './rules.ts';
import type { PreferenceStore } from './store.ts';

export interface PreferencesDeps {
  read: { preferences: PreferenceStore };
  atomically: Atomically<{ preferences: PreferenceStore }>;
  personality: Pick<Personality, 'learned'>;
  clock: Clock;
}

const missing = (key: string) =>
  new AppError('preference_not_found', `There is no preference "${key}". GET /preferences lists those there are.`);

export function createPreferences({ read, atomically, personality, clock }: PreferencesDeps) {
  return {
    async list(
      { user_id, ...rest }: Scope,
      { domain, learned }: { domain?: string | undefined; learned?: boolean | undefined },
    ) {
      const preferences = await read.preferences.list(user_id, domain ?? null);
      if (domain === undefined && learned === undefined) return preferences;
      const count = preferences.length;
      if (!learned) return { preferences, count };
      return { preferences, count, learned: await personality.learned({ user_id, ...rest }) };
    },

    async put({ user_id }: Scope, values: Readonly<Record<string, unknown>>) {
      const updated_at = formatTime(clock.now());
      const entries = Object.entries(values);
      await atomically(async ({ preferences }) => {
        for (const [key, value] of entries)
          await preferences.put({ user_id, key, value: textOf(value), domain: domainOf(key), updated_at });
      });
      return { updated: entries.length };
    },

    async clear({ user_id }: Scope) {
      return { deleted: await atomically(({ preferences }) => preferences.remove(user_id, null)) };
    },

    async get({ user_id }: Scope, key: string) {
      const row = await read.preferences.byKey(user_id, key);
      if (!row) throw missing(key);
      return row;
    },

    async remove({ user_id }: Scope, key: string) {
      const gone = await atomically(({ preferences }) => preferences.remove(user_id, key));
      if (gone === 0) throw missing(key);
      return { deleted: true as const, key };
    },
  };
}
export type Preferences = ReturnType<typeof createPreferences>;
