// From the command line to an exit code: finds the command, gives it what it needs, words what went wrong.
import { nearest } from '../../algo/nearest.ts';
import { fromFlags } from '../../config/sources.ts';
import { type Config, ConfigError, changed, explain, loadConfig } from '../../config.ts';
import { asError } from '../../core/thrown.ts';
import { localKey } from '../local-key.ts';
import { findAction } from './actions.ts';
import { loopbackUrl } from './address.ts';
import { parseArgs } from './args.ts';
import type { Command, Context } from './command.ts';
import { COMMANDS, GROUPS } from './commands/index.ts';
import { version } from './commands/version.ts';
import { connect } from './connect.ts';
import { CliError, EXIT, type ExitCode, usage } from './failure.ts';
import { commandHelp, generalHelp } from './help.ts';
import type { Machine } from './machine.ts';
import { createOutput, type Output } from './output.ts';

export async function run(machine: Machine): Promise<ExitCode> {
  const { argv } = machine;
  const before = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const asked = (...flags: string[]) => flags.some((flag) => before.includes(flag));
  const output = createOutput(machine, { json: asked('--json'), quiet: asked('--quiet', '-q') });
  const state: State = { config: null, command: null };
  try {
    return await dispatch(machine, output, state);
  } catch (error) {
    const failure = toFailure(error, machine, state.config);
    output.error(failure);
    return state.command?.exit_on_error ?? failure.exit;
  }
}

/** How far a run has come when something goes wrong. */
interface State {
  config: Config | null;
  command: Command | null;
}

async function dispatch(machine: Machine, output: Output, state: State): Promise<ExitCode> {
  const { rest } = fromFlags(machine.argv);
  const at = rest.findIndex((token) => !token.startsWith('-'));
  const leading = rest.slice(0, at === -1 ? rest.length : at);
  const name = at === -1 ? null : rest[at]!;
  const wantsHelp = leading.includes('--help') || leading.includes('-h');

  if (name === null && !wantsHelp && leading.some((flag) => flag === '--version' || flag === '-V')) {
    return version.run(contextOf(machine, output, version, [], state));
  }
  // What stands before the command has to be meant for every command.
  parseArgs(leading, [], 'engram');
  if (name === null || name === 'help')
    return help(machine, output, name === null ? [] : rest.slice(at + 1), name !== null || wantsHelp);

  const command = find(name);
  state.command = command;
  const tokens = [...leading, ...rest.slice(at + 1)];
  const context = contextOf(machine, output, command, tokens, state);
  if (context.args.has('help')) return help(machine, output, [command.name, ...context.args.words], true);
  return command.run(context);
}

/** @param about a command, and an action of it */
function help(machine: Machine, output: Output, about: readonly string[], wanted: boolean): ExitCode {
  const [name, word] = about.filter((part) => !part.startsWith('-'));
  const command = name === undefined || name === 'help' ? null : find(name);
  const action = command?.actions && word !== undefined ? findAction(command, word) : null;
  const text =
    command === null ? generalHelp(machine.version, GROUPS, output.paint) : commandHelp(command, output.paint, action);
  if (wanted) output.line(text);
  else machine.err.write(`${text}\n`);
  return wanted ? EXIT.ok : EXIT.usage;
}

function find(name: string): Command {
  const found = COMMANDS.find((command) => command.name === name || command.aliases?.includes(name));
  if (found) return found;
  const lower = name.toLowerCase();
  const sought = COMMANDS.find((command) => command.sought_as?.includes(lower))?.name;
  const guess =
    sought ?? nearest(lower, [...COMMANDS.flatMap((command) => [command.name, ...(command.aliases ?? [])]), 'help']);
  throw usage(
    `"${name.slice(0, 80)}" is not a command${guess ? `; did you mean "engram ${guess}"?` : '.'} "engram --help" lists them.`,
  );
}

function contextOf(
  machine: Machine,
  output: Output,
  command: Command,
  tokens: readonly string[],
  state: State,
): Context {
  const args = parseArgs(tokens, command.flags ?? [], `engram ${command.name}`);
  const load = (role: 'server' | 'client', env = machine.env) => {
    const { argv, cwd, home } = machine;
    return machine.settle(
      loadConfig({ argv, env, cwd, home, role, readFile: (path) => machine.readFile(path) }).config,
    );
  };
  const settings = (): Config => (state.config ??= load(command.role === 'client' ? 'client' : 'server'));

  return {
    machine,
    args,
    output,
    settings,
    reach() {
      const config = settings();
      const quiet = given(config).has('log_level') ? {} : { log_level: 'error' as const };
      const key = config.client_key?.reveal() ?? null;
      return { ...serverOf(config), key, ofServer: () => changed(load('server'), quiet) };
    },
    async withCall(work) {
      const config = settings();
      const ours = command.role === 'server';
      const { base, chosen } = ours ? { base: loopbackUrl(config.host, config.port), chosen: false } : serverOf(config);
      const openLocal = async () => {
        // Opening a store takes the settings of a server, all but the key: here that is the caller's own, not one to hand out.
        const { ENGRAM_API_KEY: _caller, ...env } = machine.env;
        const quiet = given(config).has('log_level') ? {} : { log_level: 'silent' as const };
        const mine = changed(load('server', env), quiet);
        if (command.starts_store || machine.storeExists(mine)) return machine.openApp(mine);
        const message = `Nothing answers at ${base}, and there is no store at ${mine.db_path}. Start the server with "engram serve", or name another with --server or --data-dir.`;
        throw new CliError(EXIT.unreachable, 'unreachable', message);
      };
      const key =
        (config.client_key ?? (ours ? config.api_key : null))?.reveal() ?? localKey(machine, base, machine.readFile);
      const space = args.text('space');
      const nowhereElse = chosen || command.needs_server === true;
      const connection = connect({
        ...{ base, key, space, openLocal, isLocked: machine.isLocked },
        chosen: nowhereElse,
        nobody: ours && config.port === 0,
      });
      try {
        return await work(connection.call, connection.open);
      } catch (error) {
        if (error instanceof CliError && error.code === 'internal' && connection.isLocal()) {
          const message = 'Something unforeseen went wrong. Run it again with --log-level error for the details.';
          throw new CliError(EXIT.failed, 'internal', message, { cause: error });
        }
        if (!machine.isLocked(error)) throw error;
        const message = `Nothing answers at ${base}, and ${machine.explain(error, config)}`;
        throw new CliError(EXIT.failed, 'store_locked', message, { cause: error });
      } finally {
        await connection.close();
      }
    },
  };
}

/** Names of the settings that somebody set. */
const given = (config: Config): Set<string> =>
  new Set(explain(config).flatMap(({ name, source }) => (source === 'default' ? [] : [name])));

/** The settings that move the server also move the address at which its commands look for it. */
function serverOf(config: Config): { base: string; chosen: boolean } {
  const set = given(config);
  if (set.has('server_url')) return { base: config.server_url, chosen: true };
  const moved = (set.has('port') || set.has('host')) && config.port !== 0;
  return { base: moved ? loopbackUrl(config.host, config.port) : config.server_url, chosen: false };
}

function toFailure(error: unknown, machine: Machine, config: Config | null): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof ConfigError) {
    const { problems } = error;
    const message =
      problems.length === 1 ? problems[0]! : `${problems.length} settings are wrong:\n  ${problems.join('\n  ')}`;
    return new CliError(EXIT.usage, 'config', message, { cause: error });
  }
  const known = machine.explain(error, config);
  if (known !== null) return new CliError(EXIT.failed, 'failed', known, { cause: error });
  const { message, stack } = asError(error);
  const detail = config?.log_level === 'debug' ? `\n${stack}` : ' Run it again with --log-level debug for the details.';
  return new CliError(EXIT.failed, 'unexpected', `Something unforeseen went wrong: ${message}.${detail}`, {
    cause: error,
  });
}
