// A profile from signals: what is said often, strongly and lately counts most; of what contradicts itself the newer holds.
import { DAY_MS } from '../durations.ts';
import { extractSignals } from './extract.ts';
import { jaccard, stemsOf } from './topics.ts';
import { SIGNAL_TYPES, type SignalType } from './types.ts';

export interface ProfileSignal {
  readonly id: number;
  readonly type: SignalType;
  readonly polarity: 1 | -1;
  readonly topic: string;
  readonly intensity: number;
  readonly evidence: string | null;
  readonly memory_id: number | null;
  /** Epoch milliseconds. */
  readonly said: number;
}

/** Days after which a signal counts half. Feelings pass, convictions last. */
export const HALF_LIFE_DAYS: Readonly<Record<SignalType, number>> = {
  emotion: 30,
  motivation: 180,
  decision: 180,
  preference: 365,
  value: 730,
  identity: 730,
};

const SAME_TOPIC = 0.5;
const MAX_THEMES = 8;
const STRONG_SIGNALS = 3;
const TOP_PREFERENCES = 10;
const MAX_TRAITS = 20;
const MAX_EVIDENCE = 3;
const MAX_CONTRADICTIONS = 20;
/** Feelings come and go: being glad and being sad about a thing is no contradiction. */
const CAN_CONTRADICT: ReadonlySet<SignalType> = new Set(SIGNAL_TYPES.filter((type) => type !== 'emotion'));

export interface Evidence {
  readonly signal_id: number;
  readonly memory_id: number | null;
  readonly quote: string | null;
  readonly said: number;
}

export interface Trait {
  readonly type: SignalType;
  readonly topic: string;
  readonly polarity: 1 | -1;
  /** 0..1: several signals add up, old ones fade. */
  readonly strength: number;
  readonly signals: number;
  readonly last_said: number;
  /** Newest first. */
  readonly evidence: readonly Evidence[];
}

export interface Contradiction {
  readonly type: SignalType;
  readonly topic: string;
  readonly now: Pick<Trait, 'polarity' | 'evidence'>;
  readonly before: Pick<Trait, 'polarity' | 'evidence'>;
}

export interface Theme {
  readonly topic: string;
  readonly types: readonly SignalType[];
  readonly strength: number;
  readonly signals: number;
}

export interface Profile {
  /** Strongest first. */
  readonly traits: Readonly<Record<SignalType, readonly Trait[]>>;
  readonly themes: readonly Theme[];
  readonly strong: readonly Trait[];
  readonly top_preferences: readonly Trait[];
  readonly contradictions: readonly Contradiction[];
  readonly signals: number;
}

/** What is left of a signal's intensity. */
export function fadedIntensity(
  { type, intensity, said }: Pick<ProfileSignal, 'type' | 'intensity' | 'said'>,
  now: number,
) {
  const age_days = Math.max(0, now - said) / DAY_MS;
  return intensity * 0.5 ** (age_days / HALF_LIFE_DAYS[type]);
}

/** Chances that add up without passing 1. */
const together = (shares: readonly number[]): number => 1 - shares.reduce((left, share) => left * (1 - share), 1);
const hundredths = (share: number): number => Math.round(share * 100) / 100;
const newer = (a: ProfileSignal, b: ProfileSignal): number => b.said - a.said || b.id - a.id;

/** "Go climbing" and "climbing" are one thing. */
const LIGHT_VERBS = new Set(['go', 'do', 'get', 'be', 'make', 'have', 'us', 'try', 'take', 'keep', 'spend']);
function topicStems(topic: string): ReadonlySet<string> {
  const stems = stemsOf(topic);
  const telling = stems.filter((stem) => !LIGHT_VERBS.has(stem));
  return new Set(telling.length > 0 ? telling : stems);
}

interface Cluster {
  readonly stems: ReadonlySet<string>;
  readonly label: string;
  readonly members: ProfileSignal[];
}

/**
 * Greedy, newest first: a signal joins the first cluster whose topic shares more than half of its words. Only clusters that
 * share a word are looked at.
 */
function clusters(signals: readonly ProfileSignal[]): Cluster[] {
  const all: Cluster[] = [];
  const holding = new Map<string, Cluster[]>();
  for (const signal of signals) {
    const stems = topicStems(signal.topic);
    const near = new Set([...stems].flatMap((stem) => holding.get(stem) ?? []));
    const home = [...near].find((cluster) => jaccard(cluster.stems, stems) > SAME_TOPIC);
    if (home) {
      home.members.push(signal);
      continue;
    }
    const made: Cluster = { stems, label: signal.topic, members: [signal] };
    all.push(made);
    for (const stem of stems) holding.set(stem, [...(holding.get(stem) ?? []), made]);
  }
  return all;
}

const evidenceOf = (signals: readonly ProfileSignal[]): Evidence[] =>
  signals.slice(0, MAX_EVIDENCE).map(({ id, memory_id, evidence, said }) => ({
    signal_id: id,
    memory_id,
    quote: evidence,
    said,
  }));

const byStrength = (a: { strength: number; topic: string }, b: { strength: number; topic: string }): number =>
  b.strength - a.strength || (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : 0);

/** @param signals of one person */
export function profileOf(signals: readonly ProfileSignal[], now: number): Profile {
  const sorted = [...signals].sort(newer);
  const contradictions: Contradiction[] = [];
  const standing: ProfileSignal[] = [];
  const traits = {} as Record<SignalType, Trait[]>;
  for (const type of SIGNAL_TYPES) {
    traits[type] = clusters(sorted.filter((signal) => signal.type === type)).map(({ label, members }) => {
      const { polarity, said } = members[0]!;
      const against = members.filter((member) => member.polarity !== polarity);
      const held = CAN_CONTRADICT.has(type) ? members.filter((member) => member.polarity === polarity) : members;
      if (CAN_CONTRADICT.has(type) && against.length > 0)
        contradictions.push({
          type,
          topic: label,
          now: { polarity, evidence: evidenceOf(held) },
          before: { polarity: polarity > 0 ? -1 : 1, evidence: evidenceOf(against) },
        });
      standing.push(...held);
      return {
        type,
        topic: label,
        polarity,
        strength: hundredths(together(held.map((member) => fadedIntensity(member, now)))),
        signals: held.length,
        last_said: said,
        evidence: evidenceOf(held),
      };
    });
    traits[type].sort(byStrength);
  }
  const themes = clusters(standing.sort(newer)).map(({ label, members }) => ({
    topic: label,
    types: SIGNAL_TYPES.filter((type) => members.some((member) => member.type === type)),
    strength: hundredths(together(members.map((member) => fadedIntensity(member, now)))),
    signals: members.length,
  }));
  const shown = { ...traits };
  for (const type of SIGNAL_TYPES) shown[type] = traits[type].slice(0, MAX_TRAITS);
  const everything = SIGNAL_TYPES.flatMap((type) => traits[type]);
  return {
    traits: shown,
    themes: themes.sort(byStrength).slice(0, MAX_THEMES),
    strong: everything
      .filter((trait) => trait.signals >= STRONG_SIGNALS)
      .sort(byStrength)
      .slice(0, MAX_TRAITS),
    top_preferences: traits.preference.slice(0, TOP_PREFERENCES),
    contradictions: contradictions.slice(0, MAX_CONTRADICTIONS),
    signals: signals.length,
  };
}

const PHRASES: Readonly<Record<SignalType, readonly [pro: string, contra: string]>> = {
  identity: ['Is', 'Is not'],
  preference: ['Likes', 'Dislikes'],
  value: ['Holds dear', 'Sets no store by'],
  motivation: ['Wants', 'Does not want'],
  decision: ['Decided for', 'Decided against'],
  emotion: ['Feels good', 'Feels bad'],
};
const TOLD = 5;
/** Weaker traits are not worth telling. */
const TOO_WEAK = 0.05;

/** @returns the strongest traits in plain sentences; null when there is nothing to tell */
export function summaryOf({ traits }: Profile): string | null {
  const sentences = (Object.keys(PHRASES) as SignalType[]).flatMap((type) =>
    ([1, -1] as const).flatMap((polarity) => {
      const told = traits[type]
        .filter((trait) => trait.polarity === polarity && trait.strength >= TOO_WEAK)
        .slice(0, TOLD);
      if (told.length === 0) return [];
      return [`${PHRASES[type][polarity > 0 ? 0 : 1]}: ${told.map(({ topic }) => topic).join('; ')}.`];
    }),
  );
  return sentences.length === 0 ? null : sentences.join(' ');
}

/** What a sentence that a caller vouches for is about: what the patterns find in it, else all of it. */
export const topicOfEvidence = (evidence: string, type: SignalType): string =>
  (extractSignals(evidence).find((signal) => signal.type === type)?.topic ?? evidence).slice(0, 100).trim();
