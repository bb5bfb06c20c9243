// The checks of engram doctor, each from facts to one line.
import { DAY_MS, HOUR_MS } from '../../algo/durations.ts';
import { type Config, ConfigError, explain } from '../../config.ts';
import { parseTime } from '../../core/clock.ts';
import { jobStats } from '../../features/jobs/contract.ts';
import { health } from '../../features/system/contract.ts';
import { loopbackUrl } from './address.ts';
import { buildRequest, overNetwork, Refused, readAnswer } from './client.ts';
import type { Context } from './command.ts';
import { deadFiles, halfModels, openToOthers } from './leftovers.ts';
import type { DatabaseFacts, Machine } from './machine.ts';
import { bytes } from './output.ts';
import {
  closeRights,
  finishModels,
  migrateStore,
  type Repair,
  rebuildWords,
  removeLeftovers,
  retryJobs,
} from './repairs.ts';

export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'broken';
  readonly found: string;
  /** What to do; null when there is nothing to do. */
  readonly advice: string | null;
  /** What doctor --fix does about it, where it can. */
  readonly repair?: Repair;
}

const ok = (name: string, found: string): Check => ({ name, state: 'ok', found, advice: null });
const warning = (name: string, found: string, advice: string): Check => ({ name, state: 'warning', found, advice });
const broken = (name: string, found: string, advice: string): Check => ({ name, state: 'broken', found, advice });
const mendable = (check: Check, repair: Repair): Check => ({ ...check, repair });

const LITTLE_SPACE = 1_000_000_000;
const NO_SPACE = 50_000_000;

export async function runChecks(context: Context): Promise<Check[]> {
  const { machine } = context;
  const runtime = ok('runtime', `Engram ${machine.version}, ${machine.inspect.runtime()}`);
  let config: Config;
  try {
    config = context.settings();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const advice = 'Correct it first: everything else depends on the settings.';
    return [runtime, ...error.problems.map((problem) => broken('settings', problem, advice))];
  }
  const server = await probe(config);
  const facts = await machine.inspect.database(config);
  return [
    runtime,
    settings(config),
    folder(config, machine),
    ...rights(config, facts),
    database(config, facts, server),
    ...guards(facts),
    ...(await jobs(config, facts, server)),
    ...(await backups(config, facts, machine)),
    await models(config, machine),
    ...leftovers(config, facts, server, machine.now()),
    ...(await languageModel(config, machine)),
    await port(config, machine, server),
  ];
}

function settings(config: Config): Check {
  const sources = explain(config).flatMap(({ source }) => (source === 'default' ? [] : [source]));
  const count = (kind: string) => sources.filter((source) => source.startsWith(kind)).length;
  const parts = (['flag', 'environment', 'file'] as const).map((kind) => `${count(kind)} by ${kind}`);
  const unused = explain(config).filter(({ value }) => value === 'known, not used by this version');
  const found =
    sources.length === 0 ? 'all at their defaults' : `given: ${parts.join(', ')}; the rest at their defaults`;
  if (unused.length === 0) return ok('settings', found);
  const names = unused.map(({ name }) => name).join(', ');
  return warning(
    'settings',
    `${names} set, but not used by this version`,
    'Nothing has to be done; unset what you do not need.',
  );
}

function folder({ data_dir }: Config, { inspect }: Machine): Check {
  const { state, problem, free_bytes } = inspect.folder(data_dir);
  const move = 'Set ENGRAM_DATA_DIR or --data-dir to a folder this user may write to.';
  if (state === 'unusable') return broken('folder', `${data_dir} cannot be used: ${problem}`, move);
  const what =
    state === 'ready'
      ? `${data_dir} is there and writable`
      : `${data_dir} does not exist yet; the first start makes it`;
  const found = free_bytes === null ? what : `${what}, ${bytes(free_bytes)} free`;
  if (free_bytes !== null && free_bytes < NO_SPACE)
    return broken('folder', found, 'Make room on that disk; writes will fail.');
  if (free_bytes !== null && free_bytes < LITTLE_SPACE)
    return warning('folder', found, 'Make room on that disk before it is full.');
  return ok('folder', found);
}

function database(config: Config, facts: DatabaseFacts, server: Probe): Check {
  const embedded = config.database_url === null;
  const { mode } = config.encryption;
  const cipher = !embedded ? 'on its own server' : mode === 'none' ? 'not encrypted' : `encrypted (${mode})`;
  switch (facts.state) {
    case 'absent':
      return ok('database', `${config.db_path} does not exist yet; the first start makes it, ${cipher}`);
    case 'in_use':
      if (server.state === 'engram')
        return ok(
          'database',
          `${config.db_path} is open in the server at ${server.url}, which says it is ${server.readiness}`,
        );
      return warning(
        'database',
        `${config.db_path} is open in another Engram that does not answer at ${server.url}`,
        'If it should, look at its port; if it should not run at all, stop it.',
      );
    case 'unusable':
      return broken(
        'database',
        facts.problem,
        embedded
          ? 'Restore a backup, or start empty with another ENGRAM_DATA_DIR.'
          : 'Until then the server does not start.',
      );
    case 'readable': {
      const { description, schema, newest, damage } = facts;
      const size = facts.bytes === null ? '' : `, ${bytes(facts.bytes)}`;
      const found = `${description}, schema ${schema}${size}, ${cipher}`;
      if (damage.length > 0) {
        const [first] = damage;
        // The word index can be made again from the memories, which are sound then.
        if (damage.every((line) => /\bfts\d/i.test(line)))
          return mendable(
            broken('database', `${found}, sound but for its word index: ${first}`, 'Searches by words may fail.'),
            rebuildWords,
          );
        return broken(
          'database',
          `${found}, DAMAGED: ${first}${damage.length > 1 ? ` and ${damage.length - 1} more` : ''}`,
          'Stop writing to it and restore a backup.',
        );
      }
      if (schema > newest)
        return broken(
          'database',
          `${found}; this program knows schemas up to ${newest}`,
          'Upgrade Engram, or use another ENGRAM_DATA_DIR.',
        );
      // Postgres looks after its own pages; asking it to read them all would be no kindness.
      const sound = embedded ? `${found}, sound` : found;
      if (schema >= newest) return ok('database', sound);
      return mendable(
        ok('database', `${sound}; the next start brings it to schema ${newest}`),
        migrateStore(schema, newest),
      );
    }
  }
}

/** Nothing where there is no store on this disk. */
function rights(config: Config, facts: DatabaseFacts): Check[] {
  if (config.database_url !== null || facts.state === 'absent') return [];
  const found = openToOthers(config);
  if (found.length === 0) return [ok('rights', 'nobody but this user may read the store')];
  const what = `others on this machine may read ${found.map(({ path }) => path).join(', ')}`;
  return [
    mendable(
      warning('rights', what, 'Take their rights away: chmod 700 for folders, 600 for files.'),
      closeRights(found),
    ),
  ];
}

/** While a server runs, what looks left behind may be its own. */
function leftovers(config: Config, facts: DatabaseFacts, server: Probe, now: number): Check[] {
  if (facts.state === 'in_use' || server.state === 'engram') return [];
  const dead = deadFiles(config, now);
  const half = halfModels(config);
  return [
    ...(dead.length === 0
      ? []
      : [
          mendable(
            warning('leftovers', `of programs that were killed: ${dead.join(', ')}`, 'They only take room.'),
            removeLeftovers(dead),
          ),
        ]),
    ...(half.length === 0
      ? []
      : [
          mendable(
            warning(
              'downloads',
              `${half.join(', ')} came only in part`,
              `"engram models pull ${half[0]}" gets the rest.`,
            ),
            finishModels(half),
          ),
        ]),
  ];
}

/** A second wall between users, which some roles of Postgres walk through. */
function guards(facts: DatabaseFacts): Check[] {
  if (facts.state !== 'readable' || facts.guards === null) return [];
  if (facts.guards) return [ok('guards', 'Postgres itself keeps the rows of each user apart')];
  return [
    warning(
      'guards',
      'the role in ENGRAM_DATABASE_URL is a superuser or has BYPASSRLS: Postgres does not hold it to the rows of each user',
      'Give Engram an ordinary role that owns its database, tables included ("create role engram login", "alter table ... owner to engram").',
    ),
  ];
}

/** Nothing where there is no store yet, or none that can be read: another check tells of that. */
async function jobs(config: Config, facts: DatabaseFacts, server: Probe): Promise<Check[]> {
  const failed = facts.state === 'readable' ? facts.failed_jobs : await askedJobs(config, facts, server);
  if (failed === null) return [];
  if (failed === 0) return [ok('jobs', 'none has failed for good')];
  const found = failed === 1 ? '1 job has failed for good' : `${failed} jobs have failed for good`;
  const advice = '"engram jobs list --status failed" says why, "engram jobs retry --all" tries again.';
  return [mendable(warning('jobs', found, advice), retryJobs)];
}

/** What the server that has the store open says, if the key of these settings is an admin's. */
async function askedJobs(config: Config, facts: DatabaseFacts, server: Probe): Promise<number | null> {
  const key = (config.client_key ?? config.api_key)?.reveal() ?? null;
  if (facts.state !== 'in_use' || server.state !== 'engram' || key === null) return null;
  const request = buildRequest(server.url, key, jobStats, {});
  const response = await overNetwork(request, PROBE_TIMEOUT_MS).catch(() => null);
  if (!response?.ok) return null;
  return ((await response.json()) as { failed: number }).failed;
}

/** Nothing where there is nothing to lose yet, or where the database has tools of its own. */
async function backups(config: Config, facts: DatabaseFacts, machine: Machine): Promise<Check[]> {
  if (config.database_url !== null || facts.state === 'absent') return [];
  const { enabled, interval, dir } = config.backup;
  const [newest] = await (await machine.backups()).list(config);
  if (!newest) {
    const advice = enabled
      ? 'A running server makes the first one within a day; "engram backup" makes one now.'
      : 'ENGRAM_BACKUP_ENABLED is off: turn it on, or run "engram backup" by a schedule of your own.';
    return [warning('backups', `none in ${dir}`, advice)];
  }
  const age = Math.max(0, machine.now() - (parseTime(newest.created_at) ?? 0));
  const found = `the newest is ${newest.name}, ${bytes(newest.size_bytes)}, ${ageOf(age)}`;
  if (age <= Math.max(2 * interval * 1000, 2 * DAY_MS)) return [ok('backups', found)];
  const advice = 'GET /backups says why there is none since, if a server runs; "engram backup" makes one now.';
  return [warning('backups', found, advice)];
}

const ageOf = (ms: number): string =>
  ms < 2 * DAY_MS ? `${Math.floor(ms / HOUR_MS)} hours old` : `${Math.floor(ms / DAY_MS)} days old`;

async function models(config: Config, { inspect }: Machine): Promise<Check> {
  const facts = await inspect.model(config);
  if (facts === null) {
    return warning(
      'models',
      'no embedding model; search goes by words, links and time',
      'To search by meaning too, take ENGRAM_EMBEDDING_MODEL=none away: a small model comes with the program.',
    );
  }
  if ('problem' in facts)
    return broken(
      'models',
      facts.problem,
      'The server starts without it and searches by words, links and time. Mend the folder, or unset ENGRAM_EMBEDDING_MODEL_DIR and ENGRAM_EMBEDDING_MODEL.',
    );
  return ok('models', `${facts.name} from ${facts.file}`);
}

/** Nothing where none is wanted: everything works without one. */
async function languageModel(config: Config, { inspect }: Machine): Promise<Check[]> {
  const facts = await inspect.llm(config);
  if (facts === null) return [];
  if ('problem' in facts)
    return [
      broken(
        'llm',
        facts.problem,
        'The server starts all the same, and does without a language model what can be done without one.',
      ),
    ];
  return [ok('llm', `${facts.name} answers at ${facts.address}`)];
}

async function port(config: Config, machine: Machine, server: Probe): Promise<Check> {
  if (server.state === 'engram' && server.safe_mode)
    return warning(
      'port',
      `Engram ${server.version} answers at ${server.url}, but crashed three times and takes no changes`,
      'Look at its log, then call POST /admin/safe-mode/exit with an administrator’s key.',
    );
  if (server.state === 'engram') return ok('port', `Engram ${server.version} answers at ${server.url}`);
  if (server.state === 'stranger')
    return broken(
      'port',
      `what answers at ${server.url} is not Engram`,
      'Stop it, or choose another port with --port or ENGRAM_PORT.',
    );
  try {
    const listener = await machine.listen(() => new Response(), config);
    await listener.close();
    return ok(
      'port',
      config.port === 0
        ? 'any free port will be taken'
        : `${config.port} on ${config.host} is free; no server runs there now`,
    );
  } catch (error) {
    const problem = machine.explain(error, config);
    if (problem === null) throw error;
    return broken('port', problem, 'Until then the server does not start.');
  }
}

type Probe =
  | {
      readonly state: 'engram';
      readonly url: string;
      readonly version: string;
      readonly readiness: string;
      readonly safe_mode: boolean;
    }
  | { readonly state: 'stranger' | 'nobody'; readonly url: string };

const PROBE_TIMEOUT_MS = 2_000;

/** Who answers where the server of these settings would listen. */
async function probe(config: Config): Promise<Probe> {
  const url = loopbackUrl(config.host, config.port);
  if (config.port === 0) return { state: 'nobody', url };
  try {
    const response = await overNetwork(buildRequest(url, null, health, {}), PROBE_TIMEOUT_MS);
    const answer = (await readAnswer(response, url, null)) as {
      service?: string;
      version?: string;
      safe_mode?: boolean;
    };
    if (answer.service !== 'engram') return { state: 'stranger', url };
    const ready = await overNetwork(new Request(`${url}/health/ready`), PROBE_TIMEOUT_MS);
    const readiness = ready.ok ? 'ready' : 'not ready';
    return { state: 'engram', url, version: answer.version ?? '?', readiness, safe_mode: answer.safe_mode === true };
  } catch (error) {
    return { state: error instanceof Refused ? 'nobody' : 'stranger', url };
  }
}
