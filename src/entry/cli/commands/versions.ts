// engram versions: how a memory came to say what it says.
import { listVersions } from '../../../features/memory/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, idOperand } from '../command.ts';
import { wordDiff } from '../diff.ts';
import { EXIT } from '../failure.ts';
import type { Paint } from '../output.ts';

/** As `git diff --word-diff` writes it, so that it can be read without colours too. */
const shown = (before: string, after: string, paint: Paint): string =>
  wordDiff(before, after)
    .map(({ kind, text }) =>
      kind === 'same' ? text : kind === 'removed' ? paint('red', `[-${text}-]`) : paint('green', `{+${text}+}`),
    )
    .join('');

export const versions: Command = {
  name: 'versions',
  summary: 'How a memory came to say what it says, version by version',
  operands: '<id>',
  role: 'client',
  flags: [{ name: 'full', help: 'Whole texts in place of what changed' }, SPACE],
  about: ['Oldest first; [-what went-] and {+what came+} with each version.'],
  examples: ['engram versions 42', 'engram versions 42 --full'],
  sought_as: ['history', 'log', 'diff', 'changes', 'blame'],
  async run(context) {
    const { args, output } = context;
    const id = idOperand(context, 'versions');
    const answer = await context.withCall((call) => call(listVersions, { params: { id } }));
    if (output.json) {
      output.data(answer);
      return EXIT.ok;
    }
    let before: string | null = null;
    for (const { id, version, created_at, is_latest, content } of answer.versions) {
      output.line(output.paint('bold', `Version ${version}, #${id}, ${created_at}${is_latest ? ', in use' : ''}`));
      const plain = before === null || args.has('full');
      if (!plain && before === content) output.line('  (the same text)');
      else if (plain) output.raw(`  ${content}`);
      else output.line(`  ${shown(output.safe(before!), output.safe(content), output.paint)}`);
      before = content;
    }
    return EXIT.ok;
  },
};
