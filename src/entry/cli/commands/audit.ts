// engram audit: who changed what, and whether what is written about it is still what was written.
import { listAudit, verifyAudit } from '../../../features/audit/contract.ts';
import type { Command, Context } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';

const LIST_ONLY = ['limit', 'offset', 'action', 'target', 'request', 'since', 'until'] as const;

async function list({ args, output, withCall }: Context): Promise<ExitCode> {
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

async function verify({ args, output, withCall }: Context): Promise<ExitCode> {
  for (const flag of LIST_ONLY)
    if (args.has(flag)) throw usage(`--${flag} does not go with "audit verify". See "engram audit --help".`);
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

const ACTIONS: Readonly<Record<string, (context: Context) => Promise<ExitCode>>> = { list, verify };

export const audit: Command = {
  name: 'audit',
  operands: 'list|verify',
  summary: 'Show who changed what, or check that nothing about it was tampered with',
  role: 'client',
  flags: [
    { name: 'limit', short: 'l', value: 'number', help: 'list: most rows, default 50' },
    { name: 'offset', short: 'o', value: 'number', help: 'list: leave out that many of the newest' },
    { name: 'action', value: 'name', help: 'list: only this one, such as memory.delete' },
    { name: 'target', value: 'kind[:id]', help: 'list: only about this, such as memory:42' },
    { name: 'request', value: 'id', help: 'list: only of the request with this X-Request-Id' },
    { name: 'since', value: 'time', help: 'list: not before' },
    { name: 'until', value: 'time', help: 'list: not after' },
    { name: 'user', value: 'id', help: 'Whose rows, for administrators: a user, 0 for the server, all' },
  ],
  about: [
    'Every change leaves one row with who, what, when, from where and in which request; never with content.',
    'verify exits with 1 when a row was changed, removed, exchanged or cut off, and names it. Who can write the database can',
    'forge a whole chain: keep the last number and hash that verify prints somewhere else, and compare.',
  ],
  examples: [
    'engram audit list --action memory.delete',
    'engram audit list --target memory:42 --json',
    'engram audit verify',
  ],
  sought_as: ['log', 'logs', 'trail', 'who', 'activity'],
  async run(context) {
    const [word, ...more] = context.args.words;
    const action = word !== undefined && Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
    if (!action || more.length > 0)
      throw usage(`audit takes one of ${Object.keys(ACTIONS).join(', ')}. See "engram audit --help".`);
    return action(context);
  },
};
