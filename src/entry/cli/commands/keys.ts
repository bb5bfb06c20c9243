// engram keys: who may talk to the server, and with which rights.
import { createKey, listKeys, revokeKey, rotateKey } from '../../../features/access/contract.ts';
import { withActions } from '../actions.ts';
import { idOperand, noWords } from '../command.ts';
import { EXIT, usage } from '../failure.ts';

export const keys = withActions({
  name: 'keys',
  summary: 'Keys of the server: make, list, exchange, revoke',
  role: 'client',
  fallback: 'list',
  about: ['A new key is printed alone, once, ready for a variable. The first one of a new server: engram bootstrap.'],
  sought_as: ['key', 'apikey', 'api-key', 'token', 'tokens', 'auth'],
  actions: [
    {
      name: 'list',
      summary: 'Your active keys',
      examples: ['engram keys'],
      async run(context) {
        noWords(context, 'keys list');
        const { output } = context;
        const answer = await context.withCall((call) => call(listKeys));
        if (output.json) output.data(answer);
        else if (answer.keys.length === 0) output.remark('No keys.');
        else
          output.table(
            [{ name: 'ID', right: true }, 'NAME', 'BEGINS', 'SCOPES', 'LAST USED', 'ENDS'],
            answer.keys.map(({ id, name, key_prefix, scopes, last_used_at, expires_at }) => [
              ...[String(id), name, key_prefix, scopes.join(',')],
              ...[last_used_at ?? 'never', expires_at ?? 'never'],
            ]),
          );
        return EXIT.ok;
      },
    },
    {
      name: 'create',
      operands: '[name]',
      summary: 'Make a key and print it',
      flags: [
        { name: 'scopes', value: 'list', help: 'read, write, admin, by commas; default read,write' },
        { name: 'user', value: 'id', help: 'Whose key it is; without it, yours' },
        { name: 'rate-limit', value: 'number', help: 'Cost units a minute, default 1000' },
        { name: 'days', value: 'number', help: 'Ends after so many days' },
      ],
      examples: [
        'engram keys create laptop',
        'engram keys create dashboard --scopes read --days 90',
        'export ENGRAM_API_KEY=$(engram keys create ci --scopes read,write)',
      ],
      async run(context) {
        const { args, output } = context;
        if (args.words.length > 1) throw usage('keys create takes one name; put quotes around several words.');
        const scopes = args.text('scopes');
        const user_id = args.whole('user', { min: 1, max: Number.MAX_SAFE_INTEGER });
        const rate_limit = args.whole('rate-limit', { min: 1, max: 1_000_000 });
        const days = args.whole('days', { min: 1, max: 36_500 });
        const body = {
          ...(args.words[0] !== undefined && { name: args.words[0] }),
          ...(scopes !== null && { scopes }),
          ...(user_id !== null && { user_id }),
          ...(rate_limit !== null && { rate_limit }),
          ...(days !== null && { ttl_secs: days * 86_400 }),
        };
        const answer = await context.withCall((call) => call(createKey, { body }));
        if (output.json) output.data(answer);
        else output.line(answer.key);
        return EXIT.ok;
      },
    },
    {
      name: 'rotate',
      operands: '<id>',
      summary: 'Exchange one for a new key and print that; the old one works a while longer',
      flags: [{ name: 'grace-hours', value: 'hours', help: 'How long the old one still works; 0 ends it at once' }],
      examples: ['engram keys rotate 3', 'engram keys rotate 3 --grace-hours 0'],
      async run(context) {
        const { args, output } = context;
        const key_id = idOperand(context, 'keys rotate', 'key');
        const grace_hours = args.whole('grace-hours', { min: 0, max: 8760 });
        const body = { key_id, ...(grace_hours !== null && { grace_hours }) };
        const answer = await context.withCall((call) => call(rotateKey, { body }));
        if (output.json) output.data(answer);
        else output.line(answer.new_key);
        return EXIT.ok;
      },
    },
    {
      name: 'revoke',
      operands: '<id>',
      summary: 'End one at once',
      examples: ['engram keys revoke 3'],
      async run(context) {
        const id = idOperand(context, 'keys revoke', 'key');
        const answer = await context.withCall((call) => call(revokeKey, { params: { id } }));
        if (context.output.json) context.output.data(answer);
        else context.output.line(`Revoked key ${id}`);
        return EXIT.ok;
      },
    },
  ],
});
