// Preferences that a user or an agent sets by hand, as keys and values. What memories say is learned apart from them.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Flag, Text, TimeText } from '../../core/shapes.ts';
import { textProblem } from '../../core/text-problem.ts';

const Count = z.number().int();
const Key = Text.min(1, 'must not be empty').max(200, 'at most 200 characters');
const MAX_KEYS = 200;
const MAX_VALUE = 10_000;

export const Preference = z
  .looseObject({
    id: Count,
    user_id: Count,
    key: z.string(),
    value: z.string().meta({ description: 'Text; anything else as JSON' }),
    domain: z
      .string()
      .meta({ description: 'What stands before the first `.`, `:` or `/` of the key', example: 'general' }),
    created_at: TimeText,
    updated_at: TimeText,
  })
  .meta({ id: 'Preference' });

const Learned = z.looseObject({
  topic: z.string(),
  polarity: Count,
  strength: z.number(),
  signals: Count,
  evidence: z.array(z.unknown()),
});

export const listPreferences = endpoint({
  id: 'preferences.list',
  method: 'GET',
  path: '/preferences',
  access: 'read',
  summary: 'All preferences, by key',
  description:
    'A bare array of what was set by hand. With `domain` or `learned` an object with `preferences` and `count` instead; with `learned=true` also what memories say the user likes and dislikes.',
  query: z.strictObject({
    domain: Key.optional().meta({ description: 'Only keys of this domain, such as `editor` of `editor.theme`' }),
    learned: Flag.optional().meta({ description: 'Also what was learned from memories' }),
  }),
  response: z.union([
    z.array(Preference),
    z.looseObject({ preferences: z.array(Preference), count: Count, learned: z.array(Learned).optional() }),
  ]),
});

/** Text as it is, anything else as JSON. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

export const PreferencesRequest = z
  .record(Key, z.json())
  .refine(
    (all) => Object.values(all).every((value) => typeof value !== 'string' || textProblem(value) === null),
    'a value contains the NUL character or half of a surrogate pair',
  )
  .refine((all) => Object.keys(all).length <= MAX_KEYS, `at most ${MAX_KEYS} keys at once`)
  .refine(
    (all) => Object.values(all).every((value) => textOf(value).length <= MAX_VALUE),
    'a value has at most 10,000 characters',
  )
  .meta({ example: { 'editor.theme': 'dark', reply_length: 'short' } });

export const putPreferences = endpoint({
  id: 'preferences.put',
  method: 'PUT',
  path: '/preferences',
  access: 'write',
  summary: 'Set preferences; others stay',
  body: PreferencesRequest,
  response: z.looseObject({ updated: Count }),
});

export const clearPreferences = endpoint({
  id: 'preferences.clear',
  method: 'DELETE',
  path: '/preferences',
  access: 'write',
  summary: 'Remove all preferences set by hand',
  response: z.looseObject({ deleted: Count }),
});

const KeyParams = z.strictObject({ key: Key.meta({ description: 'The key', example: 'reply_length' }) });
export const getPreference = endpoint({
  id: 'preferences.get',
  method: 'GET',
  path: '/preferences/{key}',
  access: 'read',
  summary: 'One preference',
  params: KeyParams,
  response: Preference,
  errors: ['preference_not_found'],
});
export const deletePreference = endpoint({
  id: 'preferences.delete',
  method: 'DELETE',
  path: '/preferences/{key}',
  access: 'write',
  summary: 'Remove one preference',
  params: KeyParams,
  response: z.looseObject({ deleted: z.literal(true), key: z.string() }),
  errors: ['preference_not_found'],
});
