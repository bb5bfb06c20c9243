import { describe } from 'vitest';
import { onEachDatabase } from '../support/databases.ts';
import { schedulesSuite } from './schedules.ts';
import { scratchSuite } from './stores-scratch.ts';
import { sessionsSuite } from './stores-sessions.ts';

onEachDatabase((kind) => {
  // One after the other: PGlite has one connection, open to one of them at a time.
  describe('scratchpad', () => scratchSuite(kind));
  describe('sessions', () => sessionsSuite(kind));
  describe('schedules', () => schedulesSuite(kind));
});
