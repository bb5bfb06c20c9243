// engram import and engram export, with a server and without one.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { engram, freePort } from '../support/cli.ts';
import { olderStore } from '../support/older-store.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/import');

/** Nothing listens at the usual address: commands open the store itself. */
async function home() {
  const dir = tempDir();
  const env = {
    ENGRAM_DATA_DIR: dir,
    ENGRAM_EMBEDDING_MODEL: 'none',
    ENGRAM_UNDERSTANDING: '0',
    ENGRAM_PORT: String(await freePort()),
  };
  const run = (...args: string[]) => engram(args, { env, cwd: dir });
  return { dir, run };
}
// biome-ignore lint/suspicious/noExplicitAny: records of many shapes
type Row = Record<string, any>;
const linesOf = (text: string): Row[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

describe('engram import', () => {
  it('brings in the database of an older server: versions, tags, standing, links, facts, conversations', {
    timeout: 60_000,
  }, async () => {
    const { dir, run } = await home();
    const path = olderStore(join(dir, 'old-engram.db'));
    const before = readFileSync(path);
    const dry = await run('import', path, '--dry-run', '--json');
    expect([dry.code, dry.err]).toEqual([0, '']);
    expect(JSON.parse(dry.out)).toMatchObject({ failed: 0, dry_run: true });
    const { code, out, err } = await run('import', path, '--json');
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toMatchObject({ format: 'engram.db', failed: 0, duplicates: 0, errors: [] });
    const again = JSON.parse((await run('import', path, '--json')).out);
    expect(again).toMatchObject({ imported: 0, failed: 0, duplicates: 0 });
    expect(readFileSync(path).equals(before)).toBe(true);

    const records = linesOf((await run('export')).out);
    const memories = records.filter(({ type }) => type === 'memory');
    const of = (content: string) => memories.find((row) => row.content === content)!;
    expect(memories).toHaveLength(5);
    expect(of('The movers come on Monday')).toMatchObject({
      ...{
        is_latest: false,
        tags: ['move', 'house'],
        importance: 7,
        sync_id: 'uuid-10',
        created_at: '2024-02-01 09:00:00',
      },
    });
    expect(of('The movers come on Tuesday')).toMatchObject({
      ...{ is_latest: true, version: 2, parent_sync_id: 'uuid-10', fsrs_stability: 12.5, fsrs_difficulty: 4.25 },
      ...{
        fsrs_reps: 3,
        access_count: 9,
        fsrs_last_review_at: '2024-02-05 09:00:00',
        updated_at: '2024-02-05 09:00:00',
      },
    });
    expect(of('The office has 40 desks')).toMatchObject({ is_static: true, space: 'work' });
    expect(of('A wrong address in Bonn')).toMatchObject({ is_forgotten: true, forget_reason: 'user_deleted' });
    expect(of('Old notes about the lease')).toMatchObject({ is_archived: true });
    expect(records).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ type: 'link', link_type: 'related', similarity: 0.8, target_sync_id: 'uuid-11' }),
        expect.objectContaining({ type: 'fact', subject: 'office', object: '40 desks' }),
        expect.objectContaining({ type: 'episode', title: 'Moving house' }),
        expect.objectContaining({ type: 'message', content: 'When do the movers come?' }),
        expect.objectContaining({ type: 'preference', key: 'units', value: 'metric' }),
      ]),
    );
  });

  it('asks whose memories, and refuses databases that are none', { timeout: 60_000 }, async () => {
    const { dir, run } = await home();
    const two = olderStore(
      join(dir, 'two.db'),
      `insert into memories(id, content, user_id, created_at, updated_at) values (90, 'of user two', 2, '2024-01-01 00:00:00', '2024-01-01 00:00:00');`,
    );
    const asked = await run('import', two);
    expect([asked.code, asked.err]).toEqual([2, expect.stringContaining('users 1, 2')]);
    expect(JSON.parse((await run('import', two, '--user', '2', '--json')).out)).toMatchObject({ failed: 0 });
    expect((await run('list')).out).toContain('of user two');
    expect((await run('list')).out).not.toContain('movers');
    writeFileSync(join(dir, 'garbage.db'), 'this is no database');
    for (const path of ['garbage.db', 'engram.db']) expect((await run('import', path)).code).not.toBe(0);
  });

  it('brings in files and folders, once', { timeout: 60_000 }, async () => {
    const { dir, run } = await home();
    const first = await run('import', join(FIXTURES, 'chatgpt.json'));
    expect([first.code, first.out]).toEqual([0, 'Imported 2; 0 said already, 0 skipped, 0 failed.\n']);
    expect((await run('import', join(FIXTURES, 'chatgpt.json'))).out).toBe(
      'Imported 0; 0 said already, 2 skipped, 0 failed.\n',
    );
    const all = JSON.parse((await run('import', FIXTURES, '--json')).out);
    // One entry of Supermemory is blank.
    expect(all).toMatchObject({ files: 9, failed: 1, errors: [expect.objectContaining({ line: 1 })] });
    expect((await run('import', join(dir, 'nowhere'))).code).toBe(2);
    writeFileSync(join(dir, 'junk.json'), '{"a": [1, 2');
    const junk = await run('import', 'junk.json');
    expect([junk.code, junk.err]).toEqual([1, expect.stringContaining('cannot be told')]);
  });
});

describe('engram export', () => {
  it('writes a file that comes in elsewhere', { timeout: 60_000 }, async () => {
    const { dir, run } = await home();
    await run('store', 'The gate closes at ten', '--tags', 'gate');
    const made = await run('export', 'all.jsonl');
    expect([made.code, made.out]).toEqual([0, expect.stringContaining('Exported everything')]);
    expect((await run('export', 'all.jsonl')).code).toBe(2);
    expect((await run('export', '--format', 'markdown', 'notes.zip')).code).toBe(0);
    for (const file of ['all.jsonl', 'notes.zip']) {
      const other = await home();
      expect((await other.run('import', join(dir, file))).out).toContain('Imported 1;');
      expect((await other.run('list')).out).toContain('The gate closes at ten');
    }
  });
});
