// Every endpoint is sent what nobody would; scripts/fuzz.ts does the same for longer. What was found that way once is
// written out below.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENDPOINTS } from '../src/entry/contracts.ts';
import type { TestApp } from './support/app.ts';
import { aftermath, fuzz, kinds } from './support/fuzz.ts';
import { CARE, createWorld, type World } from './support/fuzz-world.ts';

let world: World;
let app: TestApp;
beforeAll(async () => {
  world = await createWorld();
  app = world.app;
});
afterAll(() => app.close());

describe('requests that nobody would send', () => {
  it('are answered within the contract, tell nothing of others, and leave the server well', async () => {
    const ran = await fuzz(world, { requests: 1_500, seed: 20_260_302 });
    expect(kinds(ran.failures)).toEqual([]);
    expect(await aftermath(world)).toEqual([]);
    // Most of them get past the contracts: what is refused at the door tests the door alone.
    const done = Object.entries(ran.statuses).reduce((sum, [status, n]) => sum + (Number(status) < 300 ? n : 0), 0);
    expect(done).toBeGreaterThan(500);
  }, 240_000);

  it('know the endpoints that need care', () => {
    const ids = new Set<string>(ENDPOINTS.map(({ id }) => id));
    expect(Object.keys(CARE).filter((id) => !ids.has(id))).toEqual([]);
  });
});

describe('what was found', () => {
  it('a webhook changed in nothing answers as it is', async () => {
    const { body: made } = await app.call('POST', '/webhooks', { url: 'http://127.0.0.1:9/' });
    const { status, body } = await app.call('PATCH', `/webhooks/${made.id}`, {});
    expect([status, body.id, body.is_active]).toEqual([200, made.id, true]);
  });

  it('a change from another server without a text is refused by itself, the others are taken', async () => {
    const changes = [
      { sync_id: 'blank', content: ' ' },
      { sync_id: 'full', content: 'The ferry to Samsø leaves at noon.' },
    ];
    const { status, body } = await app.call('POST', '/sync/receive', { changes });
    expect([status, body.created, body.errors]).toEqual([
      200,
      1,
      [{ sync_id: 'blank', reason: 'content is missing.' }],
    ]);
  });
});
