// A disk that fills up, and one that cannot be written: real ones, a few megabytes large.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { integrityProblems } from '../bench/bare-sqlite.ts';
import { openSqlite } from '../src/platform/db/sqlite/open.ts';
import { createTestApp, type TestApp, type TestOptions, tempDir } from './support/app.ts';
import { type SmallDisk, smallDisk } from './support/small-disk.ts';

const disks: SmallDisk[] = [];
const opened: TestApp[] = [];
const newDisk = (mib: number): SmallDisk => {
  const disk = smallDisk(mib)!;
  disks.push(disk);
  return disk;
};
const open = async (options: TestOptions = {}): Promise<TestApp> => {
  const app = await createTestApp(options);
  opened.push(app);
  return app;
};
afterEach(async () => {
  for (const app of opened.splice(0)) await app.close().catch(() => {});
  for (const disk of disks.splice(0)) disk.unmount();
});

const probe = smallDisk(1);
probe?.unmount();
if (!probe) console.warn('Full and read-only disks are not tested here: this user may not mount a tmpfs.');

const TEXT = 'the lighthouse keeper counts '.repeat(300);

describe.skipIf(!probe)('a disk that fills up', () => {
  it('has stores answered with 503, loses nothing that was answered, and is used again when there is room', async () => {
    const disk = newDisk(24);
    const app = await open({ dir: disk.dir, env: { ENGRAM_BACKUP_ENABLED: 'false' } });
    const stored: number[] = [];
    disk.fill(2 * 2 ** 20);
    let refused: Awaited<ReturnType<TestApp['call']>> | null = null;
    for (let i = 0; refused === null && i < 2_000; i++) {
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, k) => app.call('POST', '/store', { content: `${TEXT} ${i * 8 + k}` })),
      );
      for (const answer of answers) {
        if (answer.status === 201) stored.push(answer.body.id);
        else refused = answer;
      }
    }
    expect([refused!.status, refused!.body.code]).toEqual([503, 'database_unavailable']);
    expect(refused!.body.error).toMatch(/disk is full.*Nothing of this request was stored/);
    expect(refused!.headers.get('retry-after')).toBe('1');
    // Reads go on.
    expect((await app.call('GET', `/memory/${stored[0]}`)).status).toBe(200);
    expect((await app.call('POST', '/search', { query: 'lighthouse' })).status).toBe(200);
    expect((await app.call('GET', '/health/live')).status).toBe(200);

    disk.makeRoom();
    const after = await app.call('POST', '/store', { content: 'there is room again' });
    expect(after.status).toBe(201);
    const again = await app.reopen();
    opened.push(again);
    for (const id of [...stored, after.body.id]) expect((await again.call('GET', `/memory/${id}`)).status).toBe(200);
    await again.close();
    expect(integrityProblems(join(disk.dir, 'engram.db'), null)).toEqual([]);
  });

  it('does not keep the store from opening again', async () => {
    const disk = newDisk(16);
    const app = await open({ dir: disk.dir });
    const { id } = (await app.call('POST', '/store', { content: 'here before' })).body;
    disk.fill();
    await app.close();
    const again = await open({ dir: disk.dir, key: app.key });
    expect((await again.call('GET', `/memory/${id}`)).body.content).toBe('here before');
  });

  it('gets no half backup', async () => {
    const disk = newDisk(8);
    const app = await open({ env: { ENGRAM_BACKUP_DIR: disk.dir } });
    const { status, body } = await app.call('POST', '/backup');
    // Less than what is always left free.
    expect([status, body.code]).toEqual([503, 'backup_failed']);
    expect(body.error).toMatch(/No backup was made: it takes up to \d+ MiB/);
    expect(readdirSync(disk.dir)).toEqual([]);
  });

  it('that fills up while a backup is written is cleared again', async () => {
    const disk = newDisk(4);
    const dir = tempDir();
    const database = await openSqlite({
      ...{ path: `${dir}/engram.db`, key: null, synchronous: 'full', now: '2026-03-02 12:00:00' },
      freeSpace: async () => 1e12,
    });
    const app = await open({ dir, ports: { database }, env: { ENGRAM_BACKUP_DIR: disk.dir } });
    for (let i = 0; i < 80; i++) await app.call('POST', '/store', { content: `${'x'.repeat(60_000)} ${i}` });
    for (const [method, path] of [
      ['POST', '/backup'],
      ['GET', '/backup'],
    ] as const) {
      const { status, body } = await app.call(method, path);
      expect([status, body.code]).toEqual([503, 'backup_failed']);
      expect(body.error).toMatch(/the disk with .* is full/);
    }
    expect(readdirSync(disk.dir)).toEqual([]);
    expect((await app.call('POST', '/store', { content: 'goes on' })).status).toBe(201);
  });
});

describe.skipIf(!probe)('a disk that cannot be written', () => {
  it('is named when the server starts', async () => {
    const disk = newDisk(16);
    disk.setReadOnly();
    await expect(createTestApp({ dir: disk.dir })).rejects.toThrow(/cannot be opened for writing.*ENGRAM_DATA_DIR/s);
    await expect(createTestApp({ dir: join(disk.dir, 'below') })).rejects.toThrow(
      /cannot be created.*ENGRAM_DATA_DIR/s,
    );
    expect(existsSync(join(disk.dir, 'engram.db'))).toBe(false);
  });

  it('takes no backups, and says so', async () => {
    const disk = newDisk(16);
    disk.setReadOnly();
    const app = await open({ env: { ENGRAM_BACKUP_DIR: disk.dir } });
    const { status, body } = await app.call('POST', '/backup');
    expect([status, body.code]).toEqual([503, 'backup_failed']);
    expect(body.error).toMatch(/cannot be written to.*ENGRAM_BACKUP_DIR|stay free/);
  });
});
