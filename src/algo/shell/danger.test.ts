import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DANGEROUS, HARMLESS } from '../../../test/fixtures/shell-commands.ts';
import { dangersOf } from './danger.ts';

const alarmed = (command: string) => dangersOf(command).some(({ severity }) => severity !== 'risky');

describe('labelled commands', () => {
  it.each(DANGEROUS.map((command) => [command]))('stops %j', (command) => {
    expect(alarmed(command)).toBe(true);
  });
  it.each(HARMLESS.map((command) => [command]))('lets through %j', (command) => {
    expect(dangersOf(command).filter(({ severity }) => severity !== 'risky')).toEqual([]);
  });
});

describe('how a command is written', () => {
  const PATHS = ['/', '/etc', '/home/x', '/tmp/build', 'node_modules', '~', '/opt/engram'] as const;
  const quoted = (word: string, how: number): string =>
    [word, `'${word}'`, `"${word}"`, `${word.slice(0, 1)}""${word.slice(1)}`][how % 4]!;
  /** In quotes a tilde is no home folder. */
  const pathIn = (path: string, how: number): string => (path === '~' ? path : quoted(path, how));

  it('changes nothing: spaces, quotes, order of flags, path of the program', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...PATHS),
        fc.constantFrom(
          ['-rf'],
          ['-fr'],
          ['-r', '-f'],
          ['-f', '-r'],
          ['--recursive', '--force'],
          ['-R', '--force'],
          ['-vfr'],
        ),
        fc.constantFrom('rm', '/bin/rm', '/usr/bin/rm', '\\rm'),
        fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }),
        fc.constantFrom(' ', '  ', '\t', ' \\\n '),
        fc.boolean(),
        (path, flags, name, how, space, last) => {
          const args = flags.map((flag, i) => quoted(flag, how[i]!));
          const target = pathIn(path, how[4]!);
          const program = name.startsWith('\\') ? name : quoted(name, how[5]!);
          const words = last ? [program, ...args, target] : [program, target, ...args];
          expect(alarmed(words.join(space))).toBe(alarmed(`rm -rf ${path}`));
        },
      ),
    );
  });

  it('never throws and always ends', () => {
    const piece = fc.constantFrom(
      'rm',
      '-rf',
      '/',
      ' ',
      '\n',
      '$(',
      ')',
      '`',
      '"',
      "'",
      '<<E',
      'E',
      '|',
      '&',
      ';',
      '{',
      '}',
      '${',
      'for',
      'in',
      'do',
      'done',
      'case',
      'esac',
      '\\',
      '#',
      '((',
      '<(',
      'f()',
      'eval',
      'bash -c',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        expect(Array.isArray(dangersOf(pieces.join(pieces.length % 2 ? ' ' : '')))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
