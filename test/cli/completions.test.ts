// The scripts that complete commands, asked by the shells themselves; shells that are not installed are skipped.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/entry/cli/commands/index.ts';
import { completionsOf, placesOf } from '../../src/entry/cli/completions/model.ts';
import { tempDir } from '../support/app.ts';
import { dryRun } from '../support/cli.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;

const dir = tempDir();
const scriptOf = (shell: string): string => join(dir, `engram.${shell}`);

beforeAll(async () => {
  mkdirSync(join(dir, 'models-here'));
  writeFileSync(join(dir, 'notes with spaces.md'), '');
  for (const shell of [...SHELLS, 'powershell']) {
    const { code, out } = await dryRun(['completions', shell]);
    expect(code).toBe(0);
    writeFileSync(scriptOf(shell), out);
  }
});

const sh = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The words bash makes of a line: an equals sign parts them. */
const bashWords = (line: readonly string[]): string[] => line.flatMap((word) => word.split(/(?<==)|(?==)/));

/** What each shell offers after a line, whose last word is the one at the cursor. */
const ASK: Readonly<Record<Shell, (line: readonly string[]) => string[]>> = {
  bash: (line) => {
    const words = ['engram', ...bashWords(line)];
    const code = `source ${sh(scriptOf('bash'))}; COMP_WORDS=(${words.map(sh).join(' ')}); COMP_CWORD=${words.length - 1}; _engram; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return lines('bash', ['--norc', '--noprofile', '-c', code]);
  },
  zsh: (line) => {
    // Takes the places of the functions that would draw a menu, and prints what they are given.
    const code = `compdef() { :; }; compset() { :; }
_describe() { local name="\${@[-1]}" word; for word in "\${(@P)name}"; do print -r -- "\${word%%:*}"; done }
compadd() { shift; print -rl -- "$@" }
_files() { print -rl -- *(N) }
source ${sh(scriptOf('zsh'))}
words=(engram ${line.map(sh).join(' ')}); CURRENT=\${#words}; _engram`;
    return lines('zsh', ['-f', '-c', code]).filter((word) => word.startsWith(line.at(-1)!.replace(/^--[^=]*=/, '')));
  },
  fish: (line) =>
    lines('fish', [
      '--no-config',
      '-c',
      `source ${sh(scriptOf('fish'))}; complete -C ${sh(['engram', ...line].join(' '))}`,
    ]).map((offer) => offer.split('\t')[0]!.replace(/^--[^=]*=/, '')),
};

function lines(program: string, args: readonly string[]): string[] {
  const env = { PATH: process.env.PATH, HOME: dir, TERM: 'dumb' };
  const { stdout, stderr } = spawnSync(program, args, { cwd: dir, env, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

describe.each(SHELLS)('%s', (shell) => {
  const offers = (...line: string[]) => ASK[shell](line);
  // Asked when the tests are listed; vitest shows the line of each that is skipped.
  const test = has(shell) ? it : it.skip;

  test('offers the commands, then what a command does', () => {
    expect(offers('')).toEqual(expect.arrayContaining(COMMANDS.map(({ name }) => name)));
    expect(offers('sto')).toEqual(['store']);
    expect([...offers('service', '')].sort()).toEqual(['install', 'logs', 'status', 'uninstall']);
    expect(offers('service', 'un')).toEqual(['uninstall']);
    expect([...offers('completions', '')].sort()).toEqual(['bash', 'fish', 'powershell', 'zsh']);
    expect(offers('help', 'boot')).toEqual(['bootstrap']);
  });

  test('offers the flags and settings of a command, and of an action', () => {
    expect(offers('list', '--js')).toEqual(['--json']);
    expect(offers('serve', '--db-syn')).toEqual(['--db-synchronous']);
    expect(offers('serve', '--no-rer')).toEqual(['--no-reranker']);
    expect(offers('service', 'logs', '--')).toEqual(expect.arrayContaining(['--lines', '--follow', '--json']));
    expect(offers('service', 'status', '--')).not.toContain('--lines');
  });

  test('offers what a flag may be given', () => {
    expect([...offers('serve', '--db-synchronous', '')].sort()).toEqual(['full', 'normal']);
    expect(offers('serve', '--db-synchronous', 'n')).toEqual(['normal']);
    expect(offers('serve', '--log-format=j')).toEqual(['json']);
    expect(offers('serve', '--data-dir', '')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^models-here\/?$/)]),
    );
    expect(offers('list', '--limit', '')).toEqual([]);
  });

  test('finds the command behind flags, and looks past their values', () => {
    expect(offers('--server', 'list', 'serv')).toEqual(['serve', 'service']);
    expect(offers('--server', 'store', 'service', 'log')).toEqual(['logs']);
    expect(offers('service', 'logs', '--lines', '5', '--fol')).toEqual(['--follow']);
  });
});

describe('bash', () => {
  it.skipIf(!has('bash'))('knows both names of the program, and files with spaces', () => {
    const code = `source ${sh(scriptOf('bash'))}; complete -p engram engram-cli`;
    expect(lines('bash', ['--norc', '-c', code])).toEqual([
      'complete -F _engram engram',
      'complete -F _engram engram-cli',
    ]);
    expect(ASK.bash(['serve', '--config', 'no'])).toEqual(['notes with spaces.md']);
  });

  it.skipIf(!has('shellcheck'))('is a script that shellcheck finds no fault with', () => {
    const { stdout } = spawnSync(
      'shellcheck',
      ['--shell=bash', '--severity=warning', '-e', 'SC2207', scriptOf('bash')],
      {
        encoding: 'utf8',
      },
    );
    expect(stdout).toBe('');
  });
});

describe('every shell', () => {
  const model = completionsOf(COMMANDS);

  it('gets every command, action and visible flag there is', async () => {
    for (const shell of [...SHELLS, 'powershell']) {
      const { out } = await dryRun(['completions', shell]);
      for (const { path, place } of placesOf(model)) {
        expect(out).toContain(path);
        for (const { names } of place.options) expect(out).toContain(shell === 'fish' ? names[0]!.slice(2) : names[0]);
      }
    }
  });

  it('gets no flag twice: PowerShell would refuse the script', () => {
    for (const { place } of placesOf(model)) {
      const names = place.options.flatMap((option) => option.names.map((name) => name.toLowerCase()));
      expect(new Set(names).size).toBe(names.length);
    }
  });

  it.each([[[]], [['tcsh']], [['bash', 'zsh']]])('is named: %j', async (words) => {
    const { code, err } = await dryRun(['completions', ...words]);
    expect({ code, err }).toEqual({
      code: 2,
      err: 'Error: completions takes the name of one shell: bash, zsh, fish, powershell.\n',
    });
  });
});
