// engram bootstrap: the first key of a new server.
import { bootstrap as getFirstKey } from '../../../features/access/contract.ts';
import { type Command, noWords } from '../command.ts';
import { EXIT } from '../failure.ts';

export const bootstrap: Command = {
  name: 'bootstrap',
  summary: 'Get the first key of a new server',
  role: 'client',
  starts_store: true,
  flags: [
    { name: 'secret', value: 'text', help: 'Bootstrap secret of the server, if it has one (ENGRAM_BOOTSTRAP_SECRET)' },
    { name: 'name', value: 'name', help: 'What to call the key, default admin' },
    { name: 'db', short: 'd', value: 'file', help: 'Ignored', hidden: true },
  ],
  about: ['Works once for each store and prints nothing but the key, which is not shown again.'],
  examples: ['engram bootstrap', 'export ENGRAM_API_KEY=$(engram bootstrap)'],
  sought_as: ['init', 'setup', 'login', 'first-key'],
  async run(context) {
    noWords(context, 'bootstrap');
    const { args, output } = context;
    const secret = args.text('secret') ?? context.settings().bootstrap_secret?.reveal() ?? null;
    const name = args.text('name');
    const body = { ...(secret !== null && { secret }), ...(name !== null && { name }) };
    const answer = await context.withCall((call) => call(getFirstKey, { body }));
    if (output.json) output.data(answer);
    else output.line(answer.key);
    return EXIT.ok;
  },
};
