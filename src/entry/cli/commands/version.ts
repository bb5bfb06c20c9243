// engram version.
import type { Command } from '../command.ts';
import { EXIT } from '../failure.ts';

export const version: Command = {
  name: 'version',
  summary: 'Show the version',
  role: null,
  examples: ['engram version'],
  async run({ output, machine }) {
    if (output.json) output.data({ version: machine.version });
    else output.line(`engram ${machine.version}`);
    return EXIT.ok;
  },
};
