// engram users: who has memories on this server, and how much each may have.
import { listUsers } from '../../../features/access/contract.ts';
import { deprovision, listQuotas, provision, setQuota } from '../../../features/tenants/contract.ts';
import { withActions } from '../actions.ts';
import { type Context, idOf, idOperand, noWords } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';
import { bytes } from '../output.ts';
import { count } from './common.ts';

const LIMITS = {
  memories: 'max_memories',
  conversations: 'max_conversations',
  keys: 'max_api_keys',
  spaces: 'max_spaces',
  'memory-bytes': 'max_memory_size_bytes',
} as const;
type LimitFlag = keyof typeof LIMITS;

const orNone = (limit: number, shown = String(limit)): string => (limit === 0 ? 'no limit' : shown);

async function quota(context: Context): Promise<ExitCode> {
  const { args, output } = context;
  const given = (Object.keys(LIMITS) as LimitFlag[]).filter((flag) => args.has(flag));
  if (args.words.length > 1) throw usage('users quota takes one user id, or none for all users.');
  if (args.words.length === 0 && given.length > 0)
    throw usage(`Say whose: engram users quota 2 --${given[0]} ${args.text(given[0]!)}`);
  const user_id = args.words[0] === undefined ? null : idOf(args.words[0], 'user');
  if (given.length > 0) {
    const limits = given.map((flag) => [LIMITS[flag], args.whole(flag, { min: 0, max: 1_000_000_000_000 })!]);
    const body = { user_id: user_id!, ...Object.fromEntries(limits) };
    const answer = await context.withCall((call) => call(setQuota, { body }));
    if (output.json) output.data(answer);
    else
      output.line(`User ${user_id} may have: ${limits.map(([name, n]) => `${name} ${orNone(Number(n))}`).join(', ')}`);
    return EXIT.ok;
  }
  const all = await context.withCall((call) => call(listQuotas));
  const shown = user_id === null ? all : all.filter((row) => row.user_id === user_id);
  if (output.json) output.data({ quotas: shown });
  else
    output.table(
      [{ name: 'ID', right: true }, 'NAME', 'MEMORIES', 'CONVERSATIONS', 'KEYS', 'SPACES', 'ONE MEMORY'],
      shown.map((row) => [
        ...[String(row.user_id), row.username, orNone(row.max_memories), orNone(row.max_conversations)],
        ...[orNone(row.max_api_keys), orNone(row.max_spaces)],
        orNone(row.max_memory_size_bytes, bytes(row.max_memory_size_bytes)),
      ]),
    );
  return shown.length === 0 ? EXIT.not_found : EXIT.ok;
}

export const users = withActions({
  name: 'users',
  summary: 'Users of the server: make, list, erase, set their quotas',
  role: 'client',
  fallback: 'list',
  about: ['For administrators. What a user stores is seen by that user alone.'],
  sought_as: ['user', 'tenants', 'tenant', 'accounts', 'people', 'quota', 'quotas'],
  actions: [
    {
      name: 'list',
      summary: 'Who there is, and how much each has',
      examples: ['engram users'],
      async run(context) {
        noWords(context, 'users list');
        const { output } = context;
        const answer = await context.withCall((call) => call(listUsers));
        if (output.json) output.data(answer);
        else
          output.table(
            [
              ...[{ name: 'ID', right: true } as const, 'NAME', 'ROLE'],
              ...(['MEMORIES', 'KEYS', 'SPACES'] as const).map((name) => ({ name, right: true }) as const),
              'SINCE',
            ],
            answer.users.map((user) => [
              ...[String(user.id), user.username, user.role],
              ...[user.memory_count, user.key_count, user.space_count].map(String),
              user.created_at,
            ]),
          );
        return EXIT.ok;
      },
    },
    {
      name: 'create',
      operands: '<name>',
      summary: 'Make a user with a key and a space',
      flags: [
        { name: 'role', value: 'role', help: 'writer (default), reader or admin' },
        { name: 'email', value: 'address', help: 'For people to know who it is; no mail is sent' },
      ],
      examples: ['engram users create ada', 'engram users create grace --role reader'],
      async run(context) {
        const { args, output } = context;
        const [username, ...more] = args.words;
        if (username === undefined || more.length > 0)
          throw usage('users create takes one name: engram users create ada');
        const role = args.text('role');
        // The server takes any other word for writer; here a slip should not give away more or less than was meant.
        if (role !== null && !['admin', 'writer', 'reader'].includes(role))
          throw usage(`--role must be writer, reader or admin, not "${role.slice(0, 80)}".`);
        const email = args.text('email');
        const body = { username, ...(role !== null && { role }), ...(email !== null && { email }) };
        const answer = await context.withCall((call) => call(provision, { body }));
        if (output.json) output.data(answer);
        else {
          output.line(`Created user ${answer.user_id}, ${answer.username} (${answer.role})`);
          output.line(`Key: ${answer.api_key}`);
          output.remark('The key is shown only now.');
        }
        return EXIT.ok;
      },
    },
    {
      name: 'delete',
      operands: '<id>',
      summary: 'Erase a user and everything of theirs, for good',
      flags: [{ name: 'yes', help: 'Needed: nothing brings it back' }],
      examples: ['engram users delete 2 --yes'],
      async run(context) {
        const { args, output } = context;
        const user_id = idOperand(context, 'users delete', 'user');
        if (!args.has('yes'))
          throw usage(`All memories of user ${user_id} would be erased for good. If that is meant, add --yes.`);
        const answer = await context.withCall((call) => call(deprovision, { body: { user_id } }));
        if (output.json) output.data(answer);
        else output.line(`Erased user ${user_id}, ${count(answer.deleted_rows, 'row')} in all`);
        return EXIT.ok;
      },
    },
    {
      name: 'quota',
      operands: '[id]',
      summary: 'How much each may have, or change that for one',
      flags: [
        { name: 'memories', value: 'number', help: 'Memories, every version of each; 0 is no limit' },
        { name: 'conversations', value: 'number', help: 'Conversations; 0 is no limit' },
        { name: 'keys', value: 'number', help: 'Active keys; 0 is no limit' },
        { name: 'spaces', value: 'number', help: 'Spaces; 0 is no limit' },
        { name: 'memory-bytes', value: 'number', help: 'Bytes of one memory; 0 is no limit' },
      ],
      examples: ['engram users quota', 'engram users quota 2 --memories 10000'],
      run: quota,
    },
  ],
});
