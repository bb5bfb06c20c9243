// engram compact: gives the room of what was erased back to the disk.
import { compact as endpoint } from '../../../features/maintenance/contract.ts';
import { type Command, noWords } from '../command.ts';
import { EXIT } from '../failure.ts';
import { bytes } from '../output.ts';

export const compact: Command = {
  name: 'compact',
  summary: 'Give the room of what was erased back to the disk',
  role: 'client',
  about: [
    'Writes the database file anew without what holds nothing. A running server answers searches meanwhile; what is stored waits.',
    'The server does it by itself when a weekly look finds that more than a quarter of the file could be had.',
  ],
  examples: ['engram compact'],
  sought_as: ['vacuum', 'shrink', 'optimize', 'optimise', 'gc', 'cleanup'],
  async run(context) {
    noWords(context, 'compact');
    const { output } = context;
    const answer = await context.withCall((call) => call(endpoint));
    const { size_before, size_after, saved_bytes } = answer;
    if (output.json) output.data(answer);
    else if (saved_bytes === 0) output.line(`Nothing to be had: the database takes ${bytes(size_after)}.`);
    else output.line(`Saved ${bytes(saved_bytes)}: ${bytes(size_before)} before, ${bytes(size_after)} now.`);
    return EXIT.ok;
  },
};
