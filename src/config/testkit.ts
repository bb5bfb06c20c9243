// For the tests of settings: loads them from texts, as if run in /work by a person whose home is /home/me.
import { type Config, ConfigError, type ConfigSources, loadConfig } from '../config.ts';

export const HEX_KEY = 'ab'.repeat(32);

export interface Given extends Partial<Pick<ConfigSources, 'env' | 'role'>> {
  argv?: string;
  /** The text of /work/engram.toml. */
  toml?: string;
  files?: Record<string, string>;
}

export function sources({ argv = '', env = {}, toml, files = {}, role }: Given): ConfigSources {
  const all = toml === undefined ? files : { '/work/engram.toml': toml, ...files };
  const readFile = (path: string) => all[path] ?? null;
  return {
    argv: argv.split(' ').filter(Boolean),
    env,
    readFile,
    cwd: '/work',
    home: '/home/me',
    ...(role && { role }),
  };
}
export const load = (given: Given = {}): Config => loadConfig(sources(given)).config;

export function problems(given: Given): readonly string[] {
  try {
    load(given);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}
