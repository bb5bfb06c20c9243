// What a service runs and where: worked out once, written down in the way of each system by systemd.ts, launchd.ts, windows.ts.
import { dirname, posix, win32 } from 'node:path';
import { settingOf } from '../../../config/settings.ts';
import { fromEnv, fromFlags } from '../../../config/sources.ts';
import { type Config, loadConfig } from '../../../config.ts';
import { loopbackUrl } from '../address.ts';
import { usage } from '../failure.ts';
import type { Machine } from '../machine.ts';

export interface ServicePaths {
  /** What the system reads to know of the service. */
  readonly file: string;
  /** Where the server is started, so that its `./data` lies in it. */
  readonly folder: string;
  /** Variables of the server, one NAME=value a line; null where the system keeps variables elsewhere. */
  readonly env_file: string | null;
  /** null where the system keeps a log of its own. */
  readonly log_file: string | null;
}

export interface ServicePlan extends ServicePaths {
  /** The program and all it is given. */
  readonly command: readonly string[];
  /** Folders the server writes to. */
  readonly writes: readonly string[];
  readonly data_dir: string;
  /** Where this machine reaches it. */
  readonly address: string;
}

type Outside = Pick<Machine, 'env' | 'home' | 'host'>;

export function servicePaths({ env, home, host }: Outside): ServicePaths {
  const set = (name: string, otherwise: string) => env[name]?.trim() || otherwise;
  switch (host.platform) {
    case 'win32': {
      const folder = win32.join(set('LOCALAPPDATA', win32.join(home, 'AppData', 'Local')), 'Engram');
      const inside = (name: string) => win32.join(folder, name);
      return { file: inside('service.xml'), folder, env_file: null, log_file: inside('service.log') };
    }
    case 'darwin': {
      const library = posix.join(home, 'Library');
      return {
        file: posix.join(library, 'LaunchAgents', 'engram.plist'),
        folder: posix.join(library, 'Application Support', 'engram'),
        env_file: posix.join(home, '.config', 'engram', 'engram.env'),
        log_file: posix.join(library, 'Logs', 'engram.log'),
      };
    }
    default: {
      const config = set('XDG_CONFIG_HOME', posix.join(home, '.config'));
      return {
        file: posix.join(config, 'systemd', 'user', 'engram.service'),
        folder: posix.join(set('XDG_DATA_HOME', posix.join(home, '.local', 'share')), 'engram'),
        env_file: posix.join(config, 'engram', 'engram.env'),
        log_file: null,
      };
    }
  }
}

/** Of the file of variables: comments and empty lines left out, quotes around a value taken off. */
export function readVariables(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const [, name, value = ''] = /^\s*([A-Za-z_]\w*)=(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) found[name] = value.replace(/^(["'])(.*)\1$/s, '$2');
  }
  return found;
}

/** Paths that stay below the data folder wherever that is. */
const BELOW_DATA = new Set(['db_path', 'models_dir', 'vectors.lance_path', 'backup.dir']);

/** The settings on the command line, to be kept; paths as they are meant from here. */
function keptFlags({ argv, cwd }: Pick<Machine, 'argv' | 'cwd'>, path: typeof posix): string[] {
  return fromFlags(argv).given.map(({ setting, raw }) => {
    const { flag, kind } = settingOf(setting);
    const isPath = kind.placeholder === 'file' || kind.placeholder === 'folder';
    const text = String(raw);
    const value = isPath && !BELOW_DATA.has(setting) && !/^~(?:\/|$)/.test(text) ? path.resolve(cwd, text) : text;
    return `--${flag}=${value}`;
  });
}

/**
 * As the service will see its settings: started in its own folder, with its own variables.
 * @throws ConfigError
 */
export function planService(machine: Machine): ServicePlan {
  const { home, host } = machine;
  const paths = servicePaths(machine);
  const flags = keptFlags(machine, host.platform === 'win32' ? win32 : posix);
  const variables = paths.env_file === null ? machine.env : readVariables(machine.readFile(paths.env_file) ?? '');
  const { config } = loadConfig({
    ...{ argv: flags, env: variables, cwd: paths.folder, home, role: 'server' },
    readFile: (path) => machine.readFile(path),
  });
  if (config.port === 0)
    throw usage('A service needs a port that stays the same: give one with --port, or leave it at 4200.');
  return {
    ...paths,
    command: [...host.program, 'serve', ...flags],
    writes: written(config),
    data_dir: config.data_dir,
    address: loopbackUrl(config.host, config.port),
  };
}

function written({ data_dir, db_path, models_dir, vectors, backup }: Config): string[] {
  const all = [data_dir, dirname(db_path), models_dir, vectors.lance_path, backup.dir];
  const inside = (path: string, folder: string) => path !== folder && path.startsWith(`${folder.replace(/\/$/, '')}/`);
  return [...new Set(all)].filter((path) => !all.some((folder) => inside(path, folder)));
}

/** Variables of this shell that a server heeds and the service will not see. */
export function unseenVariables(machine: Machine): string[] {
  const { env_file } = servicePaths(machine);
  if (env_file === null) return [];
  const kept = readVariables(machine.readFile(env_file) ?? '');
  return fromEnv(machine.env).given.flatMap(({ setting, label }) => {
    const { used_by = 'server', server_only } = settingOf(setting);
    // The variable that holds the first administrator's key for a server is the key of whoever calls one.
    return used_by !== 'client' && !server_only && !(label in kept) ? [label] : [];
  });
}

export const ENV_FILE_TEXT = `# Variables of the Engram service, one NAME=value a line. Only you can read this file: secrets may stand here.
# "engram config" lists the settings and their variables; "engram service install" starts the service with what is new.
`;
