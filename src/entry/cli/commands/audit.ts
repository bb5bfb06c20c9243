// engram audit: who changed what, and whether what is written about it is still what was written.
import { listAudit, verifyAudit } from '../../../features/audit/contract.ts';
import { withActions } from '../actions.ts';
import { type Context, noWords } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';

async function list(context: Context): Promise<ExitCode> {
  noWords(context, 'audit list');
  const { args, output, withCall } = context;
  const target = args.text('target');
  const named = target === null ? null : /^([\w-]+)(?::(.+))?$/.exec(target);
  if (target !== null && !named) throw usage('--target takes a kind of thing, or one thing: memory, or memory:42.');
  const text = (flag: string) => args.text(flag) ?? undefined;
  const query = {
    limit: args.whole('limit', { min: 1, max: 500 }) ?? 50,
    offset: args.whole('offset', { min: 0, max: 1_000_000 }) ?? 0,
    action: text('action'),
    target_type: named?.[1],
    target_id: named?.[2],
    request_id: text('request'),
    since: text('since'),
    until: text('until'),
    user_id: text('user'),
  };
  const answer = await withCall((call) => call(listAudit, { query: query as never }));
  if (output.json) output.data(answer);
  else if (answer.entries.length === 0) output.remark('No rows.');
  else
    for (const row of answer.entries) {
      const what =
        row.target_type === null ? '' : ` ${row.target_type}${row.target_id === null ? '' : ` ${row.target_id}`}`;
      const who = row.actor_user_id === null ? 'the server' : `user ${row.actor_user_id}, key ${row.key_id}`;
      const from = [row.door, row.ip, row.request_id].filter((part) => part !== null).join(' ');
      output.line(`${row.created_at}  ${row.action}${what}  by ${who}  (${from})`);
    }
  return EXIT.ok;
}

async function verify(context: Context): Promise<ExitCode> {
  noWords(context, 'audit verify');
  const { args, output, withCall } = context;
  const user_id = args.text('user') ?? undefined;
  const answer = await withCall((call) => call(verifyAudit, { query: { user_id } as never }));
  if (output.json) output.data(answer);
  else {
    for (const chain of answer.chains) {
      const whose = chain.user_id === 0 ? 'the server' : `user ${chain.user_id}`;
      for (const { seq, problem } of chain.problems) output.line(`${whose}: row ${seq}: ${problem}`);
      if (chain.ok) output.line(`${whose}: ${chain.checked} rows, the last is ${chain.last_seq} ${chain.last_hash}`);
    }
    if (answer.ok) output.remark(`Nothing was changed, removed or exchanged in ${answer.checked} rows.`);
    else output.line('The audit log is not what was written.');
  }
  return answer.ok ? EXIT.ok : EXIT.failed;
}

const USER = { name: 'user', value: 'id', help: 'Whose rows, for administrators: a user, 0 for the server, all' };

export const audit = withActions({
  name: 'audit',
  summary: 'Show who changed what, or check that nothing about it was tampered with',
  role: 'client',
  about: [
    'Every change leaves one row with who, what, when, from where and in which request; never with content.',
    'verify exits with 1 when a row was changed, removed, exchanged or cut off, and names it. Who can write the database can',
    'forge a whole chain: keep the last number and hash that verify prints somewhere else, and compare.',
  ],
  sought_as: ['log', 'logs', 'trail', 'activity'],
  actions: [
    {
      name: 'list',
      summary: 'The rows, newest first',
      flags: [
        { name: 'limit', short: 'l', value: 'number', help: 'Most rows, default 50' },
        { name: 'offset', short: 'o', value: 'number', help: 'Leave out that many of the newest' },
        { name: 'action', value: 'name', help: 'Only this one, such as memory.delete' },
        { name: 'target', value: 'kind[:id]', help: 'Only about this, such as memory:42' },
        { name: 'request', value: 'id', help: 'Only of the request with this X-Request-Id' },
        { name: 'since', value: 'time', help: 'Not before' },
        { name: 'until', value: 'time', help: 'Not after' },
        USER,
      ],
      examples: ['engram audit list --action memory.delete', 'engram audit list --target memory:42 --json'],
      run: list,
    },
    {
      name: 'verify',
      summary: 'Whether the rows are still what was written',
      flags: [USER],
      examples: ['engram audit verify'],
      run: verify,
    },
  ],
});
