import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { candidates, type Surroundings } from './folders.ts';
import { type EmbeddedFile, NativeError } from './parts.ts';
import { finish, finishInTurns, type PlaceDeps, place, removeOthers } from './place.ts';

const root = mkdtempSync(join(tmpdir(), 'engram-place-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const newFolder = (): string => join(mkdtempSync(join(root, 'x-')), 'native', '1.0.0-linux-x64');

const PIECES: Readonly<Record<string, string>> = { one: 'first half, ', two: 'second half' };
const WHOLE = Object.values(PIECES).join('');
const FILE: EmbeddedFile = {
  name: 'lib/part.so',
  bytes: WHOLE.length,
  sha256: createHash('sha256').update(WHOLE).digest('hex'),
  pieces: ['one', 'two'],
};
const NOW = Date.UTC(2026, 0, 2);
const deps: PlaceDeps = { unpack: (piece) => Buffer.from(PIECES[piece]!), now: () => NOW };

describe('placing a file', () => {
  it('writes it whole, for this user alone, and leaves nothing else', () => {
    const folder = newFolder();
    const path = finish(place(folder, FILE, deps));
    expect(readFileSync(path, 'utf8')).toBe(WHOLE);
    expect(statSync(folder).mode & 0o077).toBe(0);
    expect(readdirSync(join(folder, 'lib'))).toEqual(['part.so']);
  });

  it('does not unpack what is there already', () => {
    const folder = newFolder();
    finish(place(folder, FILE, deps));
    const unpack = () => {
      throw new Error('unpacked again');
    };
    expect(finish(place(folder, FILE, { ...deps, unpack }))).toBe(join(folder, 'lib/part.so'));
  });

  it('replaces one of the same length that differs', () => {
    const folder = newFolder();
    const path = finish(place(folder, FILE, deps));
    writeFileSync(path, WHOLE.replace('first', 'worse'));
    finish(place(folder, FILE, deps));
    expect(readFileSync(path, 'utf8')).toBe(WHOLE);
  });

  it('lets others have their turn, who may place the same', async () => {
    const folder = newFolder();
    const both = await Promise.all([1, 2].map(() => finishInTurns(place(folder, FILE, deps))));
    expect(new Set(both).size).toBe(1);
    expect(readFileSync(both[0]!, 'utf8')).toBe(WHOLE);
    expect(readdirSync(join(folder, 'lib'))).toEqual(['part.so']);
  });

  it('an executable that is damaged says so and writes nothing', () => {
    const folder = newFolder();
    const damaged = { ...deps, unpack: () => Buffer.from('something else') };
    expect(() => finish(place(folder, FILE, damaged))).toThrow(NativeError);
    expect(readdirSync(join(folder, 'lib'))).toEqual([]);
  });

  it('sweeps up after a process that was killed, not after one that is writing', () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'lib'), { recursive: true });
    const [old, fresh] = ['part.so.1-old.part', 'part.so.2-new.part'].map((name) => join(folder, 'lib', name));
    for (const [path, hours] of [
      [old!, 2],
      [fresh!, 0.5],
    ] as const) {
      writeFileSync(path, '');
      utimesSync(path, new Date(NOW), new Date(NOW - hours * 3_600_000));
    }
    finish(place(folder, FILE, deps));
    expect([existsSync(old!), existsSync(fresh!)]).toEqual([false, true]);
  });
});

it('only folders that are named as ours make way', () => {
  const parent = mkdtempSync(join(root, 'parent-'));
  const names = ['0.9.0-linux-x64', '1.0.0-rc.1-linux-arm64-musl', '1.0.0-linux-x64', 'src', '2.0', 'linux-x64'];
  for (const name of names) mkdirSync(join(parent, name, 'below'), { recursive: true });
  removeOthers(parent, '1.0.0-linux-x64');
  expect(readdirSync(parent).sort()).toEqual(['1.0.0-linux-x64', '2.0', 'linux-x64', 'src']);
});

describe('where they go', () => {
  const linux: Surroundings = { data_dir: '/srv/engram', home: '/home/ada', env: {}, platform: 'linux' };
  it.each<[string, Partial<Surroundings>, string[]]>([
    ['Linux', {}, ['/srv/engram/native', '/home/ada/.cache/engram/native']],
    [
      'a cache of its own',
      { env: { XDG_CACHE_HOME: '/var/cache/ada' } },
      ['/srv/engram/native', '/var/cache/ada/engram/native'],
    ],
    [
      'a cache that is no path',
      { env: { XDG_CACHE_HOME: 'cache' } },
      ['/srv/engram/native', '/home/ada/.cache/engram/native'],
    ],
    ['macOS', { platform: 'darwin' }, ['/srv/engram/native', '/home/ada/Library/Caches/engram/native']],
    ['Windows', { platform: 'win32', env: { LOCALAPPDATA: '/local' } }, ['/srv/engram/native', '/local/engram/native']],
    ['nobody', { home: '' }, ['/srv/engram/native']],
  ])('%s', (_, change, expected) => {
    expect(candidates({ ...linux, ...change })).toEqual(expected);
  });
});
