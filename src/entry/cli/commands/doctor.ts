// engram doctor: looks at everything a server needs and says what to do about what is not right. Changes nothing.

import { type Check, runChecks } from '../checks.ts';
import { type Command, type Context, noWords } from '../command.ts';
import { EXIT } from '../failure.ts';
import type { Colour } from '../output.ts';

const MARKS: Readonly<Record<Check['state'], readonly [string, Colour]>> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  broken: ['✗', 'red'],
};

export const doctor: Command = {
  name: 'doctor',
  summary: 'Check the installation and say what to do',
  role: 'server',
  about: [
    '✓ is fine, ! works but could be better, ✗ is broken. Exits with 1 when something is broken. Changes nothing;',
    'a store that a running server has open is asked about through that server.',
  ],
  examples: ['engram doctor', 'engram doctor --data-dir ~/engram --json'],
  sought_as: ['check', 'status', 'health', 'diagnose', 'verify', 'info'],
  async run(context: Context) {
    noWords(context, 'doctor');
    const { output } = context;
    const checks = await runChecks(context);
    const broken = checks.some(({ state }) => state === 'broken');
    if (output.json) output.data({ ok: !broken, checks });
    else for (const check of checks) print(context, check);
    return broken ? EXIT.failed : EXIT.ok;
  },
};

function print({ output }: Context, { name, state, found, advice }: Check): void {
  const [mark, colour] = MARKS[state];
  const text = `${output.paint(colour, mark)} ${name.padEnd(9)} ${found}`;
  const lines = advice === null ? [text] : [text, `${' '.repeat(12)}${advice}`];
  for (const line of lines) state === 'ok' ? output.remark(line) : output.line(line);
}
