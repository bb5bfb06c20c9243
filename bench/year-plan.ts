// A year of using a memory, decided beforehand: what is stored, asked for, forgotten and corrected on which day.
import { between, type Random, seeded, shuffled } from './random.ts';
import { byZipf } from './texts.ts';

/** What happens on one day; numbers are those of texts. */
export interface Day {
  stored: number[];
  /** Each once for every time somebody asks for it. */
  asked: number[];
  forgotten: number[];
  corrected: number[];
}

export interface YearPlan {
  days: Day[];
  /** Days after which a text ends by itself. */
  ttl_days: ReadonlyMap<number, number>;
  /** What is left at the end. */
  live: number[];
  /** There from the first day to the end, and asked for in the last 30 days; most asked for first. */
  used: number[];
}

/** Shares of all texts. */
const FIRST_DAY = 0.7;
const WITH_TTL = 0.15;
const FORGOTTEN = 0.1;
const CORRECTED = 0.05;
const ASKED_A_DAY = 25;
const STILL_USED_DAYS = 30;
/** Draws of one that has ended already are repeated so often: then it was a day with fewer questions. */
const TRIES = 20;

/** Where in `count` equal days the n-th of `of` falls. */
const dayOf = (n: number, of: number, count: number): number => Math.floor((n * count) / of);

/**
 * Texts are asked for by Zipf's law, in an order of liking that has nothing to do with when they were stored. Those with
 * a time to live are among the liked as often as others; so are those that are forgotten or corrected.
 */
export function planYear(texts: number, dayCount: number, seed: number): YearPlan {
  const random = seeded(seed);
  const days = Array.from({ length: dayCount }, (): Day => ({ stored: [], asked: [], forgotten: [], corrected: [] }));
  const all = Array.from({ length: texts }, (_, text) => text);

  const atFirst = Math.ceil(texts * FIRST_DAY);
  const storedOn = all.map((text) => (text < atFirst ? 0 : dayOf(text - atFirst, texts - atFirst, dayCount)));
  for (const text of all) days[storedOn[text]!]!.stored.push(text);

  const some = shuffled(random, all);
  const take = (share: number) => some.splice(0, Math.floor(texts * share));
  const ttl_days = new Map(take(WITH_TTL).map((text) => [text, between(random, 1, dayCount)]));
  const endsOn = new Map([...ttl_days].map(([text, ttl]) => [text, storedOn[text]! + ttl]));
  const later = (text: number) => between(random, storedOn[text]!, dayCount - 1);
  for (const text of take(FORGOTTEN)) {
    const day = later(text);
    days[day]!.forgotten.push(text);
    endsOn.set(text, day);
  }
  for (const text of take(CORRECTED)) days[later(text)]!.corrected.push(text);

  const isLive = (text: number, day: number) => storedOn[text]! <= day && day < (endsOn.get(text) ?? Infinity);
  askEveryDay(days, shuffled(random, all), isLive, random);

  const live = all.filter((text) => isLive(text, dayCount));
  const recent = new Map<number, number>();
  for (const text of days.slice(-STILL_USED_DAYS).flatMap((day) => day.asked))
    recent.set(text, (recent.get(text) ?? 0) + 1);
  const used = live
    .filter((text) => storedOn[text] === 0 && recent.has(text))
    .sort((a, b) => recent.get(b)! - recent.get(a)! || a - b);
  return { days, ttl_days, live, used };
}

function askEveryDay(
  days: readonly Day[],
  byLiking: readonly number[],
  isLive: (text: number, day: number) => boolean,
  random: Random,
): void {
  const rank = byZipf(byLiking.length);
  days.forEach(({ asked }, day) => {
    for (let tries = 0; asked.length < ASKED_A_DAY && tries < ASKED_A_DAY * TRIES; tries++) {
      const text = byLiking[rank(random)]!;
      if (isLive(text, day)) asked.push(text);
    }
  });
}
