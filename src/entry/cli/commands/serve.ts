// engram serve: runs the server until it is told to stop.

import type { App } from '../../../app.ts';
import type { Config } from '../../../config.ts';
import { loopbackUrl } from '../address.ts';
import { type Command, type Context, noWords } from '../command.ts';
import { EXIT } from '../failure.ts';
import type { Listening } from '../machine.ts';

/** Requests still being answered after this long are cut off: whoever stops us would kill us next. */
const DRAIN_MS = 8_000;

export const serve: Command = {
  name: 'serve',
  summary: 'Run the server',
  role: 'server',
  about: [
    'Runs until SIGINT (Ctrl-C) or SIGTERM: then it ends open streams, finishes what it is answering, writes what is buffered and exits with 0.',
    'Secrets are taken from the environment only: ENGRAM_API_KEY, ENGRAM_BOOTSTRAP_SECRET, ENGRAM_DB_KEY, ENGRAM_DATABASE_URL.',
  ],
  examples: [
    'engram serve',
    'engram serve --port 4300 --data-dir ~/engram',
    'ENGRAM_ENCRYPTION_MODE=env ENGRAM_DB_KEY=… engram serve',
  ],
  sought_as: ['start', 'server', 'run', 'up', 'daemon', 'listen'],
  async run(context) {
    noWords(context, 'serve');
    const { machine } = context;
    const config = context.settings();
    // Listened for from the start: a server that is told to stop while it opens its store should not be killed by it.
    const stopped = machine.untilStopped();
    const app = await machine.openApp(config, { eager: true });
    let listener: Listening | null = null;
    try {
      await app.begin();
      listener = await machine.listen(app.fetch, config);
      await announce(context, config, app, listener);
      await stopped;
      context.output.remark('Stopping: finishing what is being answered.');
    } finally {
      app.streams.endAll();
      if (listener && !(await drained(listener)))
        context.output.remark(`Some requests were not answered within ${DRAIN_MS / 1000} s; they are cut off.`);
      await app.close();
    }
    return EXIT.ok;
  },
};

/** @returns false when some are still being answered after DRAIN_MS */
async function drained(listener: Listening): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), DRAIN_MS);
  });
  const closed = listener.close().then(() => true);
  return Promise.race([closed, late]).finally(() => clearTimeout(timer));
}

async function announce(
  { machine, output }: Context,
  config: Config,
  app: App,
  { url, port }: Listening,
): Promise<void> {
  const needs_bootstrap = await app.access.needsBootstrap();
  const { model, problem, loading } = app.meaning;
  if (output.json) {
    const embedder = model && { name: model.name, dims: model.dims };
    const { data_dir } = config;
    output.data({
      version: machine.version,
      url,
      data_dir,
      database: app.database.description,
      embedder,
      embedder_problem: problem,
      embedder_loading: loading,
      needs_bootstrap,
    });
    return;
  }
  const { paint } = output;
  const fact = (name: string, value: string) => `  ${paint('dim', name.padEnd(9))} ${value}`;
  const lines = [
    `${paint('bold', `Engram ${machine.version}`)} listens on ${paint('green', url)}`,
    fact('data', config.data_dir),
    fact('database', app.database.description),
    fact('embedder', meaningOf(app)),
    ...(config.open_access ? [fact('access', 'open: requests without a key may read everything')] : []),
    ...(needs_bootstrap ? firstKey(config, loopbackUrl(config.host, port)) : []),
  ];
  if (loading) void app.meaning.settled.then(() => output.remark(fact('embedder', meaningOf(app))));
  // In one piece, so that whoever waits for the first line has the rest too.
  output.remark(lines.join('\n'));
}

function meaningOf({ meaning: { model, problem, loading } }: App): string {
  const without = 'search goes by words, links and time';
  if (model) return `${model.name}, ${model.dims} dims${problem === null ? '' : ` (not what is wanted: ${problem})`}`;
  if (problem !== null) return `none, ${without}: ${problem}`;
  return loading ? `loading; ${without} until it is there` : `none; ${without} (ENGRAM_EMBEDDING_MODEL=none)`;
}

function firstKey(config: Config, url: string): string[] {
  const server = url === 'http://127.0.0.1:4200' ? '' : ` --server ${url}`;
  const guarded = config.bootstrap_secret !== null;
  const body = guarded ? ` -H 'content-type: application/json' -d '{"secret":"<ENGRAM_BOOTSTRAP_SECRET>"}'` : '';
  return [
    '',
    'Nobody has a key yet. Get the first one with either of',
    `  engram bootstrap${server}${guarded ? ' --secret <ENGRAM_BOOTSTRAP_SECRET>' : ''}`,
    `  curl -X POST ${url}/bootstrap${body}`,
  ];
}
