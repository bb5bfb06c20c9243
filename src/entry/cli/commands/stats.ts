// engram stats, health: how much there is, how well kept it is, and whether a server is up.
import { memoryHealth } from '../../../features/health/contract.ts';
import { getStats } from '../../../features/stats/contract.ts';
import { health as endpoint } from '../../../features/system/contract.ts';
import { type Command, type Context, noWords } from '../command.ts';
import { EXIT, type ExitCode } from '../failure.ts';
import { count } from './common.ts';

async function care(context: Context): Promise<ExitCode> {
  const { output } = context;
  const answer = await context.withCall((call) => call(memoryHealth));
  if (output.json) {
    output.data(answer);
    return EXIT.ok;
  }
  const some = (ids: readonly number[]) =>
    ids.length === 0
      ? ''
      : `, such as ${ids
          .slice(0, 5)
          .map((id) => `#${id}`)
          .join(' ')}`;
  const { examples } = answer;
  output.line(
    `${count(answer.total_memories, 'memory', 'memories')} that can be recalled, importance ${answer.avg_importance.toFixed(1)} on average`,
  );
  output.line(
    `${answer.embedding_coverage_pct} % have a vector; ${answer.without_embeddings} have none${some(examples.without_embeddings)}`,
  );
  output.line(`${answer.with_links} are linked; ${answer.unlinked} to nothing${some(examples.unlinked)}`);
  output.line(`${answer.stale} not read or recalled for long${some(examples.stale)}`);
  output.line(`${answer.duplicates} say what another one says${some(examples.duplicates.map(([id]) => id!))}`);
  output.line(`${answer.pending} wait for approval, ${answer.archived} archived, ${answer.forgotten} in the trash`);
  return EXIT.ok;
}

export const stats: Command = {
  name: 'stats',
  summary: 'How much there is of what, and how well kept it is',
  role: 'client',
  flags: [
    { name: 'care', help: 'How well kept it is: stale, repeated, unlinked, without a vector' },
    { name: 'user', value: 'id', help: 'For administrators: only of this user' },
  ],
  about: ['An administrator sees the figures of all users together.'],
  examples: ['engram stats', 'engram stats --care'],
  sought_as: ['statistics', 'count', 'counts', 'numbers', 'summary'],
  async run(context) {
    noWords(context, 'stats');
    const { args, output } = context;
    if (args.has('care')) return care(context);
    const user_id = args.whole('user', { min: 1, max: Number.MAX_SAFE_INTEGER });
    const answer = await context.withCall((call) =>
      call(getStats, { query: { ...(user_id !== null && { user_id }) } }),
    );
    if (output.json) {
      output.data(answer);
      return EXIT.ok;
    }
    const { memories, links } = answer;
    const rows: [string, string][] = [
      ['memories', `${memories.total}, ${memories.embedded} with a vector, ${memories.static} permanent`],
      ['aside', `${memories.pending} waiting, ${memories.archived} archived, ${memories.forgotten} in the trash`],
      ['kinds', memories.categories.map((kind) => `${kind.category} ${kind.count}`).join(', ') || 'none'],
      [
        'links',
        `${links.total}${links.total === 0 ? '' : `: ${links.by_type.map((type) => `${type.type} ${type.count}`).join(', ')}`}`,
      ],
      ['said', `${count(answer.conversations, 'conversation')}, ${count(answer.messages, 'message')}`],
      ['models', `${answer.embedding_model ?? 'no embedding model'}, ${answer.llm_model ?? 'no language model'}`],
      ...(answer.db_size_mb === null ? [] : [['on disk', `${answer.db_size_mb.toFixed(1)} MB`] as [string, string]]),
    ];
    for (const [name, value] of rows) output.line(`${output.paint('dim', name.padEnd(9))} ${value}`);
    return EXIT.ok;
  },
};

export const health: Command = {
  name: 'health',
  summary: 'Ask the server whether it is up, and what it runs on',
  role: 'client',
  needs_server: true,
  about: ['Exits with 3 when no server answers. To check the installation without one: engram doctor.'],
  examples: ['engram health', 'engram health --server http://127.0.0.1:4200 --json'],
  sought_as: ['ping', 'alive', 'status', 'up'],
  async run(context) {
    noWords(context, 'health');
    const { output } = context;
    const answer = await context.withCall((call) => call(endpoint));
    if (output.json) output.data(answer);
    else {
      const state = answer.safe_mode
        ? output.paint('red', 'in safe mode, takes no changes')
        : output.paint('green', 'ok');
      output.line(`Engram ${answer.version}: ${state}, up ${upFor(answer.uptime_secs)}`);
      output.line(
        `${answer.database}; ${answer.embedding_model ?? 'no embedding model'}; ${answer.llm_configured ? 'a language model' : 'no language model'}`,
      );
    }
    return answer.safe_mode ? EXIT.failed : EXIT.ok;
  },
};

function upFor(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24];
  return days > 0
    ? `${days} d ${hours} h`
    : minutes >= 60
      ? `${hours} h ${minutes % 60} min`
      : minutes > 0
        ? `${minutes} min`
        : `${Math.floor(seconds)} s`;
}
