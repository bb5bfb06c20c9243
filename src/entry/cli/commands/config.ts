// engram config: the settings as the server would start with them.
import { explain } from '../../../config.ts';
import { type Command, noWords } from '../command.ts';
import { EXIT } from '../failure.ts';

export const config: Command = {
  name: 'config',
  summary: 'Show the settings',
  role: 'server',
  flags: [{ name: 'explain', help: 'Say where each value came from' }],
  about: ['Flags win over environment variables, those over the settings file, that over the defaults.'],
  examples: ['engram config --explain', 'engram config --json'],
  sought_as: ['settings', 'env', 'configuration', 'options'],
  async run(context) {
    noWords(context, 'config');
    const { output, args } = context;
    const rows = explain(context.settings());
    if (output.json) {
      output.data({ settings: rows });
      return EXIT.ok;
    }
    const width = Math.max(...rows.map(({ name }) => name.length));
    const valueWidth = Math.max(...rows.map(({ value }) => value.length));
    for (const { name, value, source } of rows) {
      const left = `${name.padEnd(width)}  `;
      output.line(
        args.has('explain')
          ? `${left}${value.padEnd(Math.min(valueWidth, 48))}  ${output.paint('dim', source)}`
          : `${left}${value}`,
      );
    }
    return EXIT.ok;
  },
};
