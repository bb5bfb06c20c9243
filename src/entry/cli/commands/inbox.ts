// engram inbox: what waits for a person to say whether it shall be remembered.
import { approve, bulk, edit, listInbox, reject } from '../../../features/inbox/contract.ts';
import { withActions } from '../actions.ts';
import { SPACE } from '../args.ts';
import { type Context, idOf, idOperands, noWords } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';
import { PAGE_FLAGS, pageOf } from './common.ts';
import { parseImportance } from './store.ts';

const REASON = { name: 'reason', short: 'r', value: 'text', help: 'Why; kept with it' };

async function review(context: Context, action: 'approve' | 'reject'): Promise<ExitCode> {
  const { args, output } = context;
  const ids = idOperands(context, `inbox ${action}`);
  const reason = args.text('reason');
  const body = { ...(reason !== null && { reason }) };
  const [id] = ids as [number, ...number[]];
  const done = action === 'approve' ? 'Approved' : 'Rejected';
  if (ids.length === 1) {
    // One that does not wait is an error of its own here, not something passed over.
    const params = { id };
    const answer = await context.withCall(async (call) =>
      action === 'approve' ? await call(approve, { params }) : await call(reject, { params, body }),
    );
    if (output.json) output.data(answer);
    else output.line(`${done} memory #${id}`);
    return EXIT.ok;
  }
  const answer = await context.withCall((call) => call(bulk, { body: { ids, action, ...body } }));
  if (output.json) output.data(answer);
  else {
    if (answer.ids.length > 0) output.line(`${done} ${answer.ids.map((one) => `#${one}`).join(', ')}`);
    if (answer.skipped.length > 0) output.line(`Not waiting: ${answer.skipped.map((one) => `#${one}`).join(', ')}`);
  }
  return answer.ids.length > 0 ? EXIT.ok : EXIT.not_found;
}

export const inbox = withActions({
  name: 'inbox',
  summary: 'Memories that wait for your approval',
  role: 'client',
  fallback: 'list',
  sought_as: ['pending', 'review', 'approve', 'reject', 'quarantine'],
  actions: [
    {
      name: 'list',
      summary: 'What waits, newest first',
      flags: [...PAGE_FLAGS, SPACE],
      examples: ['engram inbox', 'engram inbox list --limit 50'],
      async run(context) {
        noWords(context, 'inbox list');
        const { output } = context;
        const query = pageOf(context, { limit: 20, most: 200 });
        const answer = await context.withCall((call) => call(listInbox, { query }));
        if (output.json) output.data(answer);
        else if (answer.pending.length === 0) output.remark('Nothing waits.');
        else {
          for (const { id, source, quarantined, content } of answer.pending)
            output.excerptLine(`#${id} [${source}${quarantined ? ', looks like orders to an agent' : ''}] `, content);
          const shown = answer.offset + answer.pending.length;
          if (shown < answer.total) output.remark(`${answer.total - shown} more: --offset ${shown}`);
        }
        return EXIT.ok;
      },
    },
    {
      name: 'approve',
      operands: '<id …>',
      summary: 'Remember them',
      flags: [SPACE],
      examples: ['engram inbox approve 42 43'],
      run: (context) => review(context, 'approve'),
    },
    {
      name: 'reject',
      operands: '<id …>',
      summary: 'Never recall them',
      flags: [REASON, SPACE],
      examples: ['engram inbox reject 42 --reason "not true"'],
      run: (context) => review(context, 'reject'),
    },
    {
      name: 'edit',
      operands: '<id> [content]',
      summary: 'Change one and approve it',
      flags: [
        { name: 'category', short: 'c', value: 'name', help: 'Another kind' },
        { name: 'importance', short: 'i', value: 'number', help: '1 to 10, or a fraction such as 0.9' },
        { name: 'tags', short: 't', value: 'list', help: 'These labels, by commas' },
        SPACE,
      ],
      examples: ['engram inbox edit 42 "Staging runs in Oslo" --tags staging'],
      async run(context) {
        const { args, output } = context;
        const [word, ...words] = args.words;
        if (word === undefined) throw usage('inbox edit takes an id: engram inbox edit 42 "…"');
        const importance = args.text('importance');
        const tags = args.text('tags');
        const category = args.text('category');
        const body = {
          ...(words.length > 0 && { content: words.join(' ') }),
          ...(category !== null && { category }),
          ...(importance !== null && { importance: parseImportance(importance) }),
          ...(tags !== null && { tags: tags.split(',') }),
        };
        const answer = await context.withCall((call) => call(edit, { params: { id: idOf(word) }, body }));
        if (output.json) output.data(answer);
        else
          output.line(
            answer.edited ? `Approved memory #${answer.old_id} as #${answer.id}` : `Approved memory #${answer.id}`,
          );
        return EXIT.ok;
      },
    },
  ],
});
