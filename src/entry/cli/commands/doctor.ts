// engram doctor: looks at everything a server needs and says what to do about what is not right. Changes nothing unless asked to.

import { type Check, runChecks } from '../checks.ts';
import { type Command, type Context, noWords } from '../command.ts';
import { EXIT } from '../failure.ts';
import type { Colour } from '../output.ts';
import { embedRest } from '../repairs.ts';

const MARKS: Readonly<Record<Check['state'], readonly [string, Colour]>> = {
  ok: ['✓', 'green'],
  warning: ['!', 'yellow'],
  broken: ['✗', 'red'],
};

interface Repaired {
  readonly name: string;
  readonly done: boolean;
  /** What was done, or why it was not. */
  readonly said: string;
}

/** One after the other, each on its own: what cannot be mended keeps nothing else from it. */
async function mend(context: Context, checks: readonly Check[]): Promise<Repaired[]> {
  const repaired: Repaired[] = [];
  const attempt = async (name: string, work: () => Promise<string | null>): Promise<void> => {
    try {
      const said = await work();
      if (said !== null) repaired.push({ name, done: true, said });
    } catch (error) {
      const known = error instanceof Error && 'code' in error ? error.message : context.machine.explain(error, null);
      if (known === null) throw error;
      repaired.push({ name, done: false, said: known });
    }
  };
  for (const { name, repair } of checks) if (repair) await attempt(name, () => repair.run(context));
  const database = checks.find(({ name }) => name === 'database');
  const hasStore = database !== undefined && database.state !== 'broken' && !/does not exist yet/.test(database.found);
  if (hasStore) await attempt('vectors', () => embedRest(context));
  return repaired;
}

export const doctor: Command = {
  name: 'doctor',
  summary: 'Check the installation and say what to do',
  role: 'server',
  flags: [{ name: 'fix', help: 'Repair what can be repaired without taking anything away' }],
  about: [
    '✓ is fine, ! works but could be better, ✗ is broken. Exits with 1 when something is broken. Changes nothing, unless asked',
    'to with --fix; a store that a running server has open is asked about, and repaired, through that server.',
    '--fix takes the rights of others away from the data folder, removes half-written files of programs that were killed, brings',
    'the schema up to date, tries failed jobs again, makes a damaged word index anew, embeds what has no vector, and completes',
    'downloads of models. It says what it did, and then checks again.',
  ],
  examples: ['engram doctor', 'engram doctor --data-dir ~/engram --json', 'engram doctor --fix'],
  sought_as: ['check', 'diagnose', 'repair', 'fix', 'info'],
  async run(context: Context) {
    noWords(context, 'doctor');
    const { args, output } = context;
    let checks = await runChecks(context);
    let repaired: Repaired[] | null = null;
    if (args.has('fix')) {
      repaired = await mend(context, checks);
      checks = await runChecks(context);
    }
    const broken = checks.some(({ state }) => state === 'broken');
    if (output.json) {
      const shown = checks.map(({ repair, ...check }) => ({ ...check, fixable: repair !== undefined }));
      output.data({ ok: !broken, ...(repaired !== null && { repaired }), checks: shown });
      return broken ? EXIT.failed : EXIT.ok;
    }
    for (const { name, done, said } of repaired ?? []) {
      const mark = done ? output.paint('green', '+') : output.paint('red', '-');
      output.line(`${mark} ${name.padEnd(9)} ${done ? said : `not repaired: ${said}`}`);
    }
    if (repaired?.length === 0) output.remark('There was nothing to repair.');
    for (const check of checks) print(context, check);
    if (repaired === null && checks.some(({ repair }) => repair)) output.remark('"engram doctor --fix" repairs it.');
    return broken ? EXIT.failed : EXIT.ok;
  },
};

function print({ output }: Context, { name, state, found, advice, repair }: Check): void {
  const [mark, colour] = MARKS[state];
  const more = [...(advice === null ? [] : [advice]), ...(repair ? [`--fix would ${repair.would}.`] : [])];
  const lines = [`${output.paint(colour, mark)} ${name.padEnd(9)} ${found}`];
  if (more.length > 0) lines.push(`${' '.repeat(12)}${more.join(' ')}`);
  for (const line of lines) state === 'ok' ? output.remark(line) : output.line(line);
}
