// Asking at the gate and being answered, and approvals.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestApp, type TestApp } from './support/app.ts';
import { KINDS } from './support/databases.ts';
import { store } from './support/memories.ts';

const env = {
  ENGRAM_EIDOLON_GATE_BLOCKED_PATTERNS: 'blocked-domain.com',
  ENGRAM_GATE_PROTECTED_SERVICES: 'engram',
  ENGRAM_GATE_NO_REBOOT_HOSTS: 'prod',
  ENGRAM_GATE_RESERVED_TARGETS: 'vault',
};

describe.each(KINDS.slice(0, 2))('on $name', (kind) => {
  let app: TestApp;
  beforeEach(async () => {
    const place = await kind.place();
    app = await createTestApp({ env, ports: { database: await place.open() } });
  });
  afterEach(() => app.close());

  const check = (command: string, more: object = {}) =>
    app.call('POST', '/gate/check', { command, agent: 'a', ...more });

  it.each([
    ['ls -la', true],
    ['curl https://blocked-domain.com', false],
    ['rm -fr /etc', false],
    ["python3 -c 'x'", false],
    ['ssh prod reboot', false],
    ['ssh web1 reboot', true],
    ['docker stop engram', false],
    ['docker stop web', true],
    ['ssh vault', false],
  ])('answers %s at once', async (command, allowed) => {
    const { status, body } = await check(command);
    expect(status).toBe(201);
    expect(body).toMatchObject({ allowed, action: allowed ? 'allow' : 'block', requires_approval: false });
    expect(body.gate_id).toBeGreaterThan(0);
    expect(body.resolved_command).toBe(allowed ? command : null);
    if (command.includes('blocked')) expect(body.reason).toContain('blocked pattern');
  });

  it('lets tools that only read pass, and reads what hooks send', async () => {
    expect((await check('', { tool_name: 'Read' })).body.allowed).toBe(true);
    const hook = await app.call('POST', '/gate/check', { tool_name: 'Bash', tool_input: { command: 'reboot' } });
    expect(hook.body).toMatchObject({ action: 'block', message: expect.stringContaining('restarts') });
    expect((await check('systemctl restart nginx', { skip_approval: true })).body.enrichment).toContain(
      'restart of nginx',
    );
    expect((await check('curl -H {{secret:a/b}}')).body).toMatchObject({ allowed: false, requires_approval: true });
    expect((await app.call('POST', '/gate/check', { agent: 'a' })).status).toBe(400);
  });

  it.each([true, false])('waits for an answer: %s', async (approved) => {
    const first = (await check('one', { tool_name: 'Bash', skip_approval: true })).body;
    const waiting = check('two', { tool_name: 'Bash' });
    const gate_id = first.gate_id + 1;
    let said = await app.call('POST', '/gate/respond', { gate_id, approved, reason: 'so' });
    while (said.status === 404) said = await app.call('POST', '/gate/respond', { gate_id, approved, reason: 'so' });
    expect(said.body).toEqual({ ok: true, approved, command: 'two' });
    expect((await waiting).body).toMatchObject({ gate_id, allowed: approved, reason: 'so', requires_approval: false });
    expect((await app.call('POST', '/gate/respond', { gate_id, approved })).status).toBe(409);
    const other = await app.newUser('other');
    expect((await other('POST', '/gate/respond', { gate_id, approved })).status).toBe(404);
  });

  it('stops waiting when the time is over, and when the server stops', async () => {
    const late = check('two', { tool_name: 'Write' });
    const { gate_id } = (await check('ls')).body;
    app.clock.advance(121_000);
    const { body } = await late;
    expect(body).toMatchObject({
      allowed: false,
      requires_approval: false,
      reason: expect.stringContaining('120 seconds'),
    });
    expect(
      (await app.call('POST', '/gate/respond', { gate_id: Math.min(gate_id, body.gate_id), approved: true })).status,
    ).toBe(409);
  });

  it('keeps output without secrets', async () => {
    const { gate_id } = (await check('ls', { session_id: 's' })).body;
    await store(app, 'noted');
    const known_secrets = ['alpha secret+1', 'abc'];
    const output = `x alpha secret+1 ${btoa('alpha secret+1')} alpha%20secret%2B1 ${btoa('abc')}`;
    const done = await app.call('POST', '/gate/complete', { gate_id, output, known_secrets });
    expect(done.body).toMatchObject({ ok: true, allowed: true, kleos_stores: 1 });
    const row = await app.database.reader.db.selectFrom('gate_requests').select('output').executeTakeFirstOrThrow();
    expect(row.output).toBe(`x [REDACTED] [REDACTED:b64] [REDACTED:pct] ${btoa('abc')}`);
    const latest = await app.call('POST', '/gate/complete-latest', { session_id: 's', output: 'y', known_secrets: [] });
    expect(latest.body.gate_id).toBe(gate_id);
    expect((await app.call('POST', '/gate/complete', { session_id: 's', summary: 'z' })).body.allowed).toBe(true);
    expect((await app.call('POST', '/gate/complete', { gate_id: 999, output: '' })).status).toBe(404);
  });

  it('approves once, within the time', async () => {
    const ask = (more: object = {}) => app.call('POST', '/approvals', { action: 'deploy', requester: 'a', ...more });
    const long = (await ask({ window_secs: 300 })).body;
    const { status, body } = await ask();
    expect(status).toBe(201);
    expect(body).toMatchObject({
      status: 'pending',
      seconds_remaining: 120,
      created_at: '2026-03-02T12:00:00Z',
      decided_at: null,
    });
    expect((await app.call('GET', '/approvals/pending')).body.approvals.map(({ id }: { id: string }) => id)).toEqual([
      body.id,
      long.id,
    ]);
    const decide = (id: string, decision: string) =>
      app.call('POST', `/approvals/${id}/decide`, { decision, decided_by: 'tui-operator', reason: null });
    const both = await Promise.all([decide(body.id, 'approved'), decide(body.id, 'denied')]);
    expect(both.map((answer) => answer.status).sort()).toEqual([200, 400]);
    app.clock.advance(301_000);
    expect((await app.call('GET', '/approvals/pending')).body).toMatchObject({
      approvals: [],
      count: 0,
      expired_count: 1,
    });
    expect((await app.call('GET', `/approvals/${long.id}`)).body).toMatchObject({
      status: 'expired',
      seconds_remaining: 0,
    });
    expect((await decide(long.id, 'approved')).status).toBe(400);
    expect((await decide(long.id, 'maybe')).status).toBe(400);
    const other = await app.newUser('other');
    expect((await other('GET', `/approvals/${body.id}`)).status).toBe(404);
    expect((await other('GET', '/approvals/pending')).body.count).toBe(0);
  });
});

it('answers whoever waits when the server stops', async () => {
  const app = await createTestApp();
  const waiting = app.call('POST', '/gate/check', { command: 'ls', agent: 'a', tool_name: 'Bash' });
  await app.call('GET', '/health');
  const other = await app.call('POST', '/gate/check', { command: 'ls', agent: 'a' });
  expect(other.body.allowed).toBe(true);
  await app.close();
  expect((await waiting).body).toMatchObject({ allowed: false, reason: expect.stringContaining('stops') });
});
