// Signals between tables, profiles and the wire.
import type { Evidence, Profile, ProfileSignal, Trait } from '../../algo/personality/profile.ts';
import { HALF_LIFE_DAYS, topicOfEvidence } from '../../algo/personality/profile.ts';
import { subjectKey } from '../../algo/personality/topics.ts';
import { type Signal, THE_USER } from '../../algo/personality/types.ts';
import { formatTime, parseTime } from '../../core/clock.ts';
import type { Scope } from '../../core/scope.ts';
import type { MemoryRow } from '../memory/rules.ts';
import type { SignalRequest } from './contract.ts';
import type { NewSignal, SignalRow } from './store.ts';

/** A profile is made of the newest ones. */
export const MOST_SIGNALS = 2_000;

const hundredths = (n: number): number => Math.round(n * 100) / 100;

/** Rows for what was found in a memory. */
export const rowsOf = (memory: MemoryRow, signals: readonly Signal[], now: string): NewSignal[] =>
  signals.map(({ type, subject, polarity, topic, intensity, evidence }) => ({
    user_id: memory.user_id,
    memory_id: memory.id,
    space_id: null,
    signal_type: type,
    subject,
    subject_key: subjectKey(subject),
    polarity,
    value: hundredths(polarity * intensity),
    intensity,
    topic,
    evidence,
    agent: memory.source,
    said_at: memory.occurred_at ?? memory.created_at,
    created_at: now,
  }));

export function rowByHand(scope: Scope, request: SignalRequest, now: string): NewSignal {
  const { signal_type, value, evidence = null, agent = null } = request;
  const subject = request.subject ?? THE_USER;
  return {
    user_id: scope.user_id,
    memory_id: null,
    space_id: scope.space_id ?? scope.default_space_id,
    signal_type,
    subject,
    subject_key: subjectKey(subject),
    polarity: value < 0 ? -1 : 1,
    value,
    intensity: Math.min(1, Math.abs(value)),
    topic: request.topic ?? (evidence === null ? '' : topicOfEvidence(evidence, signal_type)),
    evidence,
    agent,
    said_at: now,
    created_at: now,
  };
}

export const signalView = ({ subject_key, space_id, ...row }: SignalRow) => row;

export const profileSignal = (row: SignalRow): ProfileSignal => ({
  id: row.id,
  type: row.signal_type,
  polarity: row.polarity < 0 ? -1 : 1,
  topic: row.topic,
  intensity: row.intensity,
  evidence: row.evidence,
  memory_id: row.memory_id,
  said: parseTime(row.said_at) ?? 0,
});

const evidenceView = ({ said, ...rest }: Evidence) => ({ ...rest, said_at: formatTime(said) });
export const traitView = ({ type, last_said, evidence, ...rest }: Trait) => ({
  signal_type: type,
  ...rest,
  last_said_at: formatTime(last_said),
  evidence: evidence.map(evidenceView),
});

export function profileView(profile: Profile) {
  const { traits, themes, strong, top_preferences, contradictions } = profile;
  return {
    traits: Object.fromEntries(Object.entries(traits).map(([type, list]) => [type, list.map(traitView)])),
    themes: themes.map((theme) => ({ ...theme, types: [...theme.types] })),
    strong_signals: strong.map(traitView),
    top_preferences: top_preferences.map(traitView),
    contradictions: contradictions.map(({ type, topic, now, before }) => ({
      signal_type: type,
      topic,
      now: { polarity: now.polarity, evidence: now.evidence.map(evidenceView) },
      before: { polarity: before.polarity, evidence: before.evidence.map(evidenceView) },
    })),
    signal_count: profile.signals,
    half_life_days: { ...HALF_LIFE_DAYS },
  };
}
