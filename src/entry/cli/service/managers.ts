// Which manager this system has.
import type { Machine } from '../machine.ts';
import { launchdManager } from './launchd-manager.ts';
import { failed, type Manager } from './manager.ts';
import { servicePaths } from './plan.ts';
import { systemdManager } from './systemd-manager.ts';
import { windowsManager } from './windows-manager.ts';

/** @throws CliError on systems Engram knows no services of */
export function managerOf(machine: Machine): Manager {
  const { host } = machine;
  const readFile = (path: string) => machine.readFile(path);
  switch (host.platform) {
    case 'linux':
      return systemdManager(host);
    case 'darwin':
      return launchdManager(host, servicePaths(machine), readFile);
    case 'win32':
      return windowsManager(host, servicePaths(machine), readFile);
    default:
      throw failed(
        'no_services',
        `Engram knows no services of ${host.platform}; start "engram serve" by its own means.`,
      );
  }
}
