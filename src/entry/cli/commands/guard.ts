// engram guard: whether an action goes against a rule. Made for scripts: the exit code is the answer.
import { checkAction } from '../../../features/guard/contract.ts';
import { SPACE } from '../args.ts';
import { type Command, textOperand } from '../command.ts';
import { EXIT } from '../failure.ts';

/** What other command lines for the same question end with. */
const OBJECTION = 2;

export const guard: Command = {
  name: 'guard',
  summary: 'Ask whether an action goes against a rule or would destroy something',
  operands: '<action>',
  role: 'client',
  flags: [SPACE],
  exit_on_error: EXIT.failed,
  exit_codes: [
    [EXIT.ok, 'allow'],
    [OBJECTION, 'warn or block'],
    [EXIT.failed, 'it could not be asked'],
  ],
  about: [
    'Rules are permanent memories of importance 8 or more that are worded as rules or have the tag rule. Commands are read',
    'as a shell reads them. Put -- before an action that starts with a dash.',
  ],
  examples: ['engram guard "rm -rf /var/lib/postgresql"', 'engram guard "git push --force" || echo "better not"'],
  sought_as: ['check-action', 'allow', 'allowed', 'permit', 'may'],
  async run(context) {
    const { output } = context;
    const action = await textOperand(context, 'guard', 'an action');
    const answer = await context.withCall((call) => call(checkAction, { body: { action } }));
    const colour = { allow: 'green', warn: 'yellow', block: 'red' } as const;
    if (output.json) output.data(answer);
    else if (answer.signal === 'allow' && answer.rules.length === 0)
      output.remark(`${output.paint('green', 'allow')}: ${answer.message}`);
    else {
      output.line(`${output.paint(colour[answer.signal], answer.signal)}: ${answer.message}`);
      for (const { id, signal, content } of answer.rules) output.excerptLine(`#${id} [${signal}] `, content);
      for (const { severity, why } of answer.dangers) output.line(`[${severity}] ${why}`);
    }
    return answer.signal === 'allow' ? EXIT.ok : OBJECTION;
  },
};
