// When things are done, and what follows what. Hours and weekdays are UTC.
import { DAY_MS, HOUR_MS, MINUTE_MS } from './durations.ts';
import { WEEKDAYS } from './text.ts';

export interface Event {
  readonly category: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Events of different sessions do not follow each other. */
  readonly session: string | null;
}

export interface Sequence {
  readonly antecedent: string;
  readonly consequent: string;
  readonly support: number;
  /** Share of what followed the first one. */
  readonly confidence: number;
}

const LEAST_SUPPORT = 2;

/** @returns pairs that came twice or more, at most `window_mins` apart; the most frequent first */
export function sequencesOf(events: readonly Event[], window_mins: number): Sequence[] {
  if (events.length < 2 || !(window_mins > 0)) return [];
  const pairs = new Map<string, Map<string, number>>();
  for (const session of Map.groupBy(events, (event) => event.session).values()) {
    const ordered = [...session].sort((a, b) => a.at - b.at);
    for (let i = 1; i < ordered.length; i++) {
      const [first, second] = [ordered[i - 1]!, ordered[i]!];
      if (second.at - first.at > window_mins * MINUTE_MS) continue;
      const after = pairs.get(first.category) ?? new Map<string, number>();
      after.set(second.category, (after.get(second.category) ?? 0) + 1);
      pairs.set(first.category, after);
    }
  }
  return [...pairs]
    .flatMap(([antecedent, after]) => {
      const all = [...after.values()].reduce((sum, n) => sum + n, 0);
      return [...after].map(([consequent, support]) => ({
        antecedent,
        consequent,
        support,
        confidence: Math.round((support / all) * 1000) / 1000,
      }));
    })
    .filter(({ support }) => support >= LEAST_SUPPORT)
    .sort(
      (a, b) =>
        b.support - a.support ||
        b.confidence - a.confidence ||
        (`${a.antecedent}\0${a.consequent}` < `${b.antecedent}\0${b.consequent}` ? -1 : 1),
    );
}

export const DAYPARTS = ['night', 'morning', 'afternoon', 'evening'] as const;
export type Daypart = (typeof DAYPARTS)[number];

export interface Moment {
  readonly hour: number;
  /** 0 is Sunday. */
  readonly day_of_week: number;
  readonly day: string;
  readonly part_of_day: Daypart;
  readonly is_weekend: boolean;
}
export function momentOf(at: number): Moment {
  const date = new Date(at);
  const [hour, day_of_week] = [date.getUTCHours(), date.getUTCDay()];
  return {
    hour,
    day_of_week,
    day: WEEKDAYS[day_of_week]!,
    part_of_day: DAYPARTS[Math.floor(hour / 6)]!,
    is_weekend: day_of_week === 0 || day_of_week === 6,
  };
}

export interface Habit {
  readonly kind: 'weekday' | 'daypart' | 'weekday and daypart';
  readonly when: string;
  readonly category: string;
  readonly support: number;
  /** Different days it happened on. */
  readonly days: number;
  /** Share of its events that fall then. */
  readonly share: number;
  /** How much more often than evenly spread. */
  readonly lift: number;
}

const LEAST = { support: 3, days: 2, lift: 1.5, share: 0.3 };
const KINDS = [
  { kind: 'weekday and daypart', of: (m: Moment) => `${m.day} ${m.part_of_day}`, evenly: 1 / 28 },
  { kind: 'weekday', of: (m: Moment) => m.day, evenly: 1 / 7 },
  { kind: 'daypart', of: (m: Moment) => m.part_of_day, evenly: 1 / 4 },
] as const;

/** @returns when something of a category tends to happen: on several days, and clearly more often than at other times */
export function habitsOf(events: readonly Event[]): Habit[] {
  const found: Habit[] = [];
  for (const [category, own] of Map.groupBy(events, (event) => event.category))
    for (const { kind, of, evenly } of KINDS)
      for (const [when, some] of Map.groupBy(own, ({ at }) => of(momentOf(at)))) {
        const days = new Set(some.map(({ at }) => Math.floor(at / DAY_MS))).size;
        const share = some.length / own.length;
        const lift = share / evenly;
        if (some.length < LEAST.support || days < LEAST.days || lift < LEAST.lift || share < LEAST.share) continue;
        const rounded = { share: Math.round(share * 1000) / 1000, lift: Math.round(lift * 100) / 100 };
        found.push({ kind, when, category, support: some.length, days, ...rounded });
      }
  return found.sort(
    (a, b) => b.support * b.share - a.support * a.share || b.lift - a.lift || (a.category < b.category ? -1 : 1),
  );
}

/** How near the hour and the weekday of an event are to those of a moment, 0..1. */
const closeness = (at: number, to: Moment): number => {
  const moment = momentOf(at);
  const apart = Math.abs(moment.hour - to.hour);
  const byHour = Math.max(0, 1 - Math.min(apart, 24 - apart) / 4);
  return byHour * (moment.day_of_week === to.day_of_week ? 1 : moment.is_weekend === to.is_weekend ? 0.6 : 0.2);
};

/** After this long what was done counts half. */
const HALF_LIFE_DAYS = 30;

export interface Expectation {
  readonly category: string;
  /** 0..1, all together 1. */
  readonly score: number;
  readonly reason: 'time' | 'sequence';
}

/** What is likely next: by what was done around this time before, and by what follows what was done last. */
export function expected(events: readonly Event[], now: number, window_mins: number): Expectation[] {
  const moment = momentOf(now);
  const byTime = new Map<string, number>();
  for (const { category, at } of events) {
    // What is still going on says nothing about habits.
    if (now - at < 12 * HOUR_MS) continue;
    const weight = closeness(at, moment) * 0.5 ** ((now - at) / DAY_MS / HALF_LIFE_DAYS);
    byTime.set(category, (byTime.get(category) ?? 0) + weight);
  }
  const bySequence = new Map<string, number>();
  const last = events.reduce<Event | null>((latest, event) => (latest && latest.at > event.at ? latest : event), null);
  if (last && now - last.at <= window_mins * MINUTE_MS)
    for (const { antecedent, consequent, confidence } of sequencesOf(events, window_mins))
      if (antecedent === last.category) bySequence.set(consequent, confidence);
  const share = (scores: Map<string, number>, of: string): number => {
    const all = [...scores.values()].reduce((sum, n) => sum + n, 0);
    return all === 0 ? 0 : (scores.get(of) ?? 0) / all;
  };
  const parts = [byTime, bySequence].filter((scores) => scores.size > 0).length;
  return [...new Set([...byTime.keys(), ...bySequence.keys()])]
    .map((category) => {
      const [time, sequence] = [share(byTime, category), share(bySequence, category)];
      const reason = sequence > time ? ('sequence' as const) : ('time' as const);
      return { category, score: Math.round(((time + sequence) / parts) * 1000) / 1000, reason };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || (a.category < b.category ? -1 : 1));
}
