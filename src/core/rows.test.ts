// Whose rows a query may touch.
import { describe, expect, it } from 'vitest';
import type { Actor } from './actor.ts';
import { type Reach, rowsFor } from './rows.ts';

const ann: Actor = {
  user_id: 7,
  key_id: 3,
  is_admin: false,
  door: 'http',
  address: null,
  request_id: null,
  action: 'memory.list',
  params: {},
};
const ENDPOINTS: Readonly<Record<string, Reach>> = {
  'memory.list': { access: 'read' },
  'stats.get': { access: 'read', others: true },
  'users.list': { access: 'admin' },
};
const rows = (actor: Actor | null) => rowsFor(actor, (action) => ENDPOINTS[action]);

describe('whose rows', () => {
  it.each([
    ['the program', null, 'all'],
    ['a request without a key', { ...ann, user_id: null }, 'all'],
    ['a user', ann, 7],
    ['a user where administrators may name others', { ...ann, action: 'stats.get' }, 7],
    ['a user at what only administrators may', { ...ann, action: 'users.list' }, 7],
    ['an administrator at what everybody may', { ...ann, is_admin: true }, 7],
    ['an administrator who may name others', { ...ann, is_admin: true, action: 'stats.get' }, 'all'],
    ['an administrator at what is about all', { ...ann, is_admin: true, action: 'users.list' }, 'all'],
    ['an administrator at what nobody knows', { ...ann, is_admin: true, action: 'unknown' }, 7],
    ['a job for one user', { ...ann, door: 'job', action: 'memory.summarize' }, 7],
    ['a job for all', { ...ann, door: 'job', user_id: null, action: 'memory.sweep' }, 'all'],
  ] as const)('of %s', (_who, actor, whose) => {
    expect(rows(actor)).toBe(whose);
  });
});
