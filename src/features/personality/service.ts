// Signals, the profile they add up to, and the portrait that a language model writes of it.
import { extractSignals } from '../../algo/personality/extract.ts';
import { type Profile, profileOf, summaryOf } from '../../algo/personality/profile.ts';
import { subjectKey } from '../../algo/personality/topics.ts';
import { THE_USER } from '../../algo/personality/types.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { MemoryFilter } from '../../core/ports.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import { isPart } from '../decompose/rules.ts';
import type { MemoryStore } from '../memory/store.ts';
import type { SignalQuery, SignalRequest } from './contract.ts';
import { portray } from './portrait.ts';
import type { PortraitStore } from './portrait-store.ts';
import { MOST_SIGNALS, profileSignal, profileView, rowByHand, rowsOf, signalView, traitView } from './rules.ts';
import type { PersonalityStore, SignalRow } from './store.ts';

export interface PersonalityDeps {
  read: {
    memories: Pick<MemoryStore, 'list' | 'byIds'>;
    personality: PersonalityStore;
    portraits: PortraitStore;
  };
  atomically: Atomically<{
    memories: Pick<MemoryStore, 'byId'>;
    personality: PersonalityStore;
    portraits: PortraitStore;
  }>;
  /** Null when none is configured: then there are no portraits. */
  llm: Llm | null;
  clock: Clock;
  logger: Logger;
}

const READ_AGAIN = 200;
const PORTRAITS_A_RUN = 20;
const ALL_SPACES = 0;

export function createPersonality({ read, atomically, llm, clock, logger }: PersonalityDeps) {
  const filterOf = (scope: Pick<Scope, 'user_id' | 'space_id'>): MemoryFilter => ({
    user_id: scope.user_id,
    space_id: scope.space_id ?? undefined,
    now: formatTime(clock.now()),
  });

  async function rowsAbout(filter: MemoryFilter, subject: string): Promise<SignalRow[]> {
    return read.personality.newest(filter, { subject_key: subjectKey(subject) }, MOST_SIGNALS);
  }
  const profileFrom = (rows: readonly SignalRow[]): Profile => profileOf(rows.map(profileSignal), clock.now());

  /** The portrait, if all it was written from may still be shown. */
  async function portraitFor(filter: MemoryFilter): Promise<{ portrait: string | null; is_stale: boolean }> {
    const row = await read.portraits.bySpace(filter.user_id, filter.space_id ?? ALL_SPACES);
    if (!row || row.portrait === null) return { portrait: null, is_stale: row?.is_stale === 1 };
    const from = JSON.parse(row.memory_ids) as number[];
    const rows = await read.memories.byIds(filter.user_id, from);
    const shown = rows.filter(
      (memory) =>
        memory.is_latest === 1 &&
        memory.is_forgotten === 0 &&
        memory.is_archived === 0 &&
        memory.status === 'approved' &&
        (memory.forget_after === null || memory.forget_after > filter.now),
    );
    if (shown.length < from.length) return { portrait: null, is_stale: true };
    return { portrait: row.portrait, is_stale: row.is_stale === 1 };
  }

  async function profile(scope: Scope, subject: string) {
    const filter = filterOf(scope);
    const [rows, newest] = await Promise.all([
      rowsAbout(filter, subject),
      read.personality.newest(filter, {}, MOST_SIGNALS),
    ]);
    const own = subjectKey(subject) === THE_USER ? await portraitFor(filter) : { portrait: null, is_stale: false };
    const made = profileFrom(rows);
    const times = rows.map(({ created_at }) => created_at).sort();
    return {
      user_id: scope.user_id,
      subject,
      ...profileView(made),
      summary: summaryOf(made),
      ...own,
      subjects: subjectsOf(newest),
      created_at: times[0] ?? null,
      last_updated_at: times.at(-1) ?? null,
    };
  }

  /** @returns false when there is nothing to write about */
  async function writePortrait(
    model: Llm,
    scope: Pick<Scope, 'user_id' | 'space_id'>,
    urgency: 'soon' | 'later',
  ): Promise<void> {
    const filter = filterOf(scope);
    const rows = await rowsAbout(filter, THE_USER);
    const portrait = rows.length === 0 ? null : await portray(model, profileFrom(rows), urgency);
    const memory_ids = [...new Set(rows.flatMap(({ memory_id }) => (memory_id === null ? [] : [memory_id])))];
    await atomically(({ portraits }) =>
      portraits.put({
        user_id: scope.user_id,
        space_id: scope.space_id ?? ALL_SPACES,
        portrait,
        memory_ids: JSON.stringify(memory_ids),
        is_stale: 0,
        created_at: filter.now,
        last_updated_at: filter.now,
      }),
    );
  }

  /** Finds the signals of the newest memories anew, and has a portrait written. @returns what was missing */
  async function synthesize(scope: Scope): Promise<string[]> {
    const filter = filterOf(scope);
    const memories = (await read.memories.list(filter, READ_AGAIN, 0)).filter((memory) => !isPart(memory));
    const signals = memories.map((memory) => rowsOf(memory, extractSignals(memory.content), filter.now));
    await atomically(async (stores) => {
      // Erased meanwhile, perhaps.
      for (const [i, memory] of memories.entries())
        if (await stores.memories.byId(scope.user_id, memory.id))
          await stores.personality.replace(scope.user_id, memory.id, signals[i]!);
    });
    if (!llm) return [];
    try {
      await writePortrait(llm, scope, 'soon');
      return [];
    } catch (error) {
      logger.warn({ err: error, user: scope.user_id }, 'no portrait could be written');
      return ['portrait'];
    }
  }

  return {
    detect: (content: string) => ({
      signals: extractSignals(content).map(({ type, polarity, intensity, ...rest }) => ({
        signal_type: type,
        value: Math.round(polarity * intensity * 100) / 100,
        polarity,
        intensity,
        ...rest,
      })),
    }),

    async add(scope: Scope, request: SignalRequest) {
      const now = formatTime(clock.now());
      const row = rowByHand(scope, request, now);
      const added = await atomically(async ({ personality, portraits }) => {
        const [signal] = await personality.add([row]);
        await portraits.outdate(scope.user_id, now);
        return signal!;
      });
      return signalView(added);
    },

    async signals(scope: Scope, { limit, signal_type, subject, memory_id }: SignalQuery) {
      const subject_key = subject === undefined ? undefined : subjectKey(subject);
      const rows = await read.personality.newest(filterOf(scope), { signal_type, subject_key, memory_id }, limit);
      return { signals: rows.map(signalView), count: rows.length };
    },

    profile,

    async update(scope: Scope) {
      const degraded = await synthesize(scope);
      return { ...(await profile(scope, THE_USER)), degraded };
    },

    synthesize,

    /** Likes and dislikes of the user, strongest first. */
    async learned(scope: Scope) {
      const made = profileFrom(await rowsAbout(filterOf(scope), THE_USER));
      return made.traits.preference.map(traitView);
    },

    /** New portraits of users of whom something new is known. */
    async refresh(): Promise<void> {
      if (!llm) return;
      for (const user_id of await read.portraits.stale(PORTRAITS_A_RUN))
        await writePortrait(llm, { user_id, space_id: null }, 'later');
    },
  };
}
export type Personality = ReturnType<typeof createPersonality>;

const MAX_SUBJECTS = 50;

/** People by how many signals there are of them. */
function subjectsOf(rows: readonly SignalRow[]): { subject: string; signals: number }[] {
  const counts = new Map<string, { subject: string; signals: number }>();
  for (const { subject, subject_key } of rows) {
    const one = counts.get(subject_key) ?? { subject, signals: 0 };
    counts.set(subject_key, { ...one, signals: one.signals + 1 });
  }
  return [...counts.values()]
    .sort((a, b) => b.signals - a.signals || (a.subject < b.subject ? -1 : 1))
    .slice(0, MAX_SUBJECTS);
}
