// systemd, for the services of a user.
import type { Host } from '../../../platform/host.ts';
import { failed, type Manager, mustRun, reasonOf, type ServiceState } from './manager.ts';
import { NAMESPACES, systemdUnit, UNIT } from './systemd.ts';

const ASK = { timeout_ms: 10_000 };
const user = (...args: string[]): string[] => ['--user', ...args];

const INSTEAD =
  'In a container, make "engram serve" what the container runs; elsewhere, "engram service install --print" shows what to start.';

export function systemdManager(host: Host): Manager {
  return {
    describe: systemdUnit,
    async check() {
      const ran = await host.runProgram('systemctl', user('show', '--property=Version'), ASK);
      if (ran.code === 0) return;
      if (ran.missing) throw failed('no_systemd', `This system has no systemctl, so no service of systemd. ${INSTEAD}`);
      throw failed(
        'no_systemd',
        `systemd runs no services for this user here: "systemctl --user show" ${reasonOf(ran)} ${INSTEAD} ` +
          'After "su" or "sudo", log in as that user instead, for example with "machinectl shell <user>@".',
      );
    },
    async sandbox() {
      const properties = NAMESPACES.map((line) => `--property=${line}`);
      const args = user('--wait', '--collect', '--quiet', ...properties, 'true');
      return (await host.runProgram('systemd-run', args, { timeout_ms: 20_000 })).code === 0;
    },
    async start() {
      await mustRun(host, 'systemctl', user('daemon-reload'));
      await mustRun(host, 'systemctl', user('enable', UNIT));
      // After failures in a row systemd would refuse.
      await host.runProgram('systemctl', user('reset-failed', UNIT), ASK);
      // Starts it, and a running one again: with the file as it is now.
      await mustRun(host, 'systemctl', user('restart', UNIT));
    },
    async stop(removeFile) {
      await mustRun(host, 'systemctl', user('disable', '--now', UNIT));
      removeFile();
      await mustRun(host, 'systemctl', user('daemon-reload'));
    },
    async state() {
      const wanted = '--property=ActiveState,MainPID,ActiveEnterTimestamp';
      return readState((await mustRun(host, 'systemctl', user('show', UNIT, wanted), ASK)).out);
    },
    async logs({ lines, follow, print }) {
      const args = user(`--unit=${UNIT}`, `--lines=${lines}`, '--no-pager', '--output=cat', ...(follow ? ['-f'] : []));
      const ran = await host.runProgram('journalctl', args, { timeout_ms: follow ? null : 60_000, onOutput: print });
      if (ran.code !== 0) throw failed('service', `"journalctl ${args.join(' ')}" ${reasonOf(ran)}`);
    },
    advice: [
      'It starts when you log in. "loginctl enable-linger" starts it with the machine and keeps it after you log out.',
    ],
  };
}

const STATES: Readonly<Record<string, ServiceState['state']>> = {
  active: 'running',
  reloading: 'running',
  activating: 'starting',
  failed: 'failed',
};

function readState(out: string): ServiceState {
  const value = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(out)?.[1] ?? null;
  const pid = Number(value('MainPID') ?? 0);
  return {
    state: STATES[value('ActiveState') ?? ''] ?? 'stopped',
    pid: pid > 0 ? pid : null,
    since: value('ActiveEnterTimestamp'),
  };
}
