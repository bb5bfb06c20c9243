// What is known about people: signals found in memories, the profile they add up to, and a portrait in words.
import { z } from 'zod';
import { SIGNAL_TYPES } from '../../algo/personality/types.ts';
import { endpoint } from '../../core/endpoint.ts';
import { Id, Limit, Text, TimeText } from '../../core/shapes.ts';

export const SignalKind = z.enum(SIGNAL_TYPES);
const Count = z.number().int();
const Polarity = z.number().int().meta({ description: '1: for it, or so; -1: against it, or not so' });
const Subject = Text.min(1, 'must not be empty').max(200, 'at most 200 characters');

export const Signal = z
  .looseObject({
    id: Count,
    signal_type: SignalKind,
    value: z.number().meta({ description: 'Intensity, below zero when it is against' }),
    subject: z.string().meta({ description: 'Whose: `user`, or a name', example: 'user' }),
    topic: z.string().meta({ description: 'What it is about', example: 'short answers' }),
    polarity: Polarity,
    intensity: z.number().meta({ description: 'How strongly, 0 to 1' }),
    evidence: z.string().nullable().meta({ description: 'The sentence that says so' }),
    memory_id: Count.nullable().meta({ description: 'Null when it was added by hand' }),
    user_id: Count,
    agent: z.string().nullable().meta({ description: 'Who stored it' }),
    said_at: TimeText.meta({ description: 'When it happened, or was stored; it fades from then on' }),
    created_at: TimeText,
  })
  .meta({ id: 'PersonalitySignal' });

export const detectSignals = endpoint({
  id: 'personality.detect',
  method: 'POST',
  path: '/personality/detect',
  access: 'read',
  summary: 'What a text tells about people',
  description:
    'Preferences, values, motivations, decisions, emotions and identity, of the user or of people by name; keeps nothing. Works by rules, for English.',
  body: z.strictObject({
    content: Text.max(100_000, 'at most 100,000 characters').meta({
      description: 'Any text',
      example: 'Ann prefers tabs. I am proud of our new release!',
    }),
  }),
  response: z.looseObject({
    signals: z.array(
      z.looseObject({
        signal_type: SignalKind,
        value: z.number(),
        subject: z.string(),
        topic: z.string(),
        polarity: Polarity,
        intensity: z.number(),
        evidence: z.string(),
        at: Count.meta({ description: 'Where the evidence begins in the text, in UTF-16 units' }),
      }),
    ),
  }),
});

export const SignalRequest = z.strictObject({
  signal_type: SignalKind.meta({ description: 'What kind of thing it tells' }),
  value: z.number().min(-1_000_000).max(1_000_000).meta({
    description: 'How strongly; below zero: against it. More than 1 counts as 1',
    example: 0.8,
  }),
  evidence: Text.max(10_000, 'at most 10,000 characters').nullish().meta({ description: 'What shows it' }),
  agent: Text.max(200, 'at most 200 characters').nullish().meta({ description: 'Who noticed it' }),
  subject: Subject.nullish().meta({ description: 'Whose; `user` when left out' }),
  topic: Text.max(200, 'at most 200 characters').nullish().meta({
    description: 'What it is about; found in the evidence when left out',
  }),
});
export type SignalRequest = z.output<typeof SignalRequest>;

export const addSignal = endpoint({
  id: 'personality.add',
  method: 'POST',
  path: '/personality/signals',
  access: 'write',
  status: 201,
  summary: 'Add a signal by hand',
  description: 'It belongs to no memory, and lies in the space of the request. Its day is today.',
  body: SignalRequest,
  response: Signal,
});

export const SignalQuery = z.strictObject({
  limit: Limit(50, 1_000),
  signal_type: SignalKind.optional().meta({ description: 'Only of this kind' }),
  subject: Subject.optional().meta({ description: 'Only of this person; `user` for the user' }),
  memory_id: Id.optional().meta({ description: 'Only from this memory' }),
});
export type SignalQuery = z.output<typeof SignalQuery>;

export const listSignals = endpoint({
  id: 'personality.signals',
  method: 'GET',
  path: '/personality/signals',
  access: 'read',
  summary: 'Signals found in memories and added by hand, newest first',
  query: SignalQuery,
  response: z.looseObject({ signals: z.array(Signal), count: Count }),
});

const Evidence = z.looseObject({
  signal_id: Count,
  memory_id: Count.nullable(),
  quote: z.string().nullable(),
  said_at: TimeText,
});
const Trait = z.looseObject({
  signal_type: SignalKind,
  topic: z.string(),
  polarity: Polarity,
  strength: z.number().meta({ description: '0 to 1: several signals add up, old ones fade' }),
  signals: Count,
  last_said_at: TimeText,
  evidence: z.array(Evidence).meta({ description: 'At most three, newest first' }),
});
const Side = z.looseObject({ polarity: Polarity, evidence: z.array(Evidence) });

export const Profile = z
  .looseObject({
    user_id: Count,
    subject: z.string().meta({ description: 'Whose profile this is' }),
    traits: z.looseObject(Object.fromEntries(SIGNAL_TYPES.map((type) => [type, z.array(Trait)]))).meta({
      description: 'By kind, strongest first, at most 20 of each',
    }),
    themes: z.array(
      z.looseObject({ topic: z.string(), types: z.array(SignalKind), strength: z.number(), signals: Count }),
    ),
    strong_signals: z.array(Trait).meta({ description: 'Said at least three times' }),
    top_preferences: z.array(Trait),
    contradictions: z.array(
      z.looseObject({
        signal_type: SignalKind,
        topic: z.string(),
        now: Side.meta({ description: 'What was said last; the profile goes by it' }),
        before: Side,
      }),
    ),
    summary: z.string().nullable().meta({ description: 'The strongest traits, put together by rules' }),
    portrait: z.string().nullable().meta({ description: 'Written by a language model; null without one' }),
    is_stale: z.boolean().meta({ description: 'The portrait is older than the newest signal' }),
    signal_count: Count,
    subjects: z
      .array(z.looseObject({ subject: z.string(), signals: Count }))
      .meta({ description: 'People there are signals of, among the newest 2,000' }),
    half_life_days: z.record(z.string(), z.number()).meta({ description: 'After so long a signal counts half' }),
    created_at: TimeText.nullable().meta({ description: 'Of the oldest signal' }),
    last_updated_at: TimeText.nullable().meta({ description: 'Of the newest signal' }),
  })
  .meta({ id: 'PersonalityProfile' });

export const getPersonality = endpoint({
  id: 'personality.profile',
  method: 'GET',
  path: '/personality/profile',
  access: 'read',
  summary: 'What the signals say about somebody now',
  description:
    'Worked out from the newest 2,000 signals at every call, so it is never out of date. A signal fades with age; where two contradict each other the newer one counts, and both are shown.',
  query: z.strictObject({
    subject: Subject.default('user').meta({ description: 'Whose: `user`, or a name' }),
  }),
  response: Profile,
});

const Degraded = z.array(z.string()).meta({
  description: '`portrait`: the language model did not answer',
});

export const updatePersonality = endpoint({
  id: 'personality.update',
  method: 'POST',
  path: '/personality/profile/update',
  access: 'write',
  summary: 'Read the newest memories again, and write a new portrait',
  description:
    'Finds the signals of the newest 200 memories anew. With a language model a portrait is written; without one it stays null.',
  body: z.strictObject({}),
  body_optional: true,
  response: Profile.extend({ degraded: Degraded }),
  timeout_ms: 60_000,
});

export const synthesizeProfile = endpoint({
  id: 'personality.synthesize',
  method: 'POST',
  path: '/profile/synthesize',
  access: 'write',
  summary: 'The same, answered as an outline of the user',
  description:
    'Reads the newest 200 memories for signals and answers like `GET /profile`. With a language model `personality_summary` is the portrait it writes.',
  body: z.strictObject({}),
  body_optional: true,
  response: z.looseObject({
    user_id: Count,
    personality_traits: z.record(z.string(), z.unknown()),
    personality_summary: z.string().nullable(),
    memory_count: Count,
    degraded: Degraded,
  }),
  timeout_ms: 60_000,
});
