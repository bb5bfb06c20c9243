// The task scheduler of Windows.
import type { Host } from '../../../platform/host.ts';
import { usage } from '../failure.ts';
import { showLog } from './log-file.ts';
import { failed, type Manager, mustRun, type ServiceState } from './manager.ts';
import type { ServicePaths } from './plan.ts';
import { scheduledTask, TASK, utf16 } from './windows.ts';

const ASK = { timeout_ms: 30_000 };
const task = (verb: string, ...more: string[]): string[] => [verb, '/TN', TASK, ...more];

export function windowsManager(host: Host, paths: ServicePaths, readFile: (path: string) => string | null): Manager {
  const known = async () => (await host.runProgram('schtasks.exe', task('/Query'), ASK)).code === 0;
  return {
    describe: scheduledTask,
    async check() {
      const { missing } = await host.runProgram('schtasks.exe', ['/?'], ASK);
      if (missing) throw failed('no_scheduler', 'There is no schtasks.exe on the path, so no task can be made.');
    },
    sandbox: async () => null,
    async start({ file }, text) {
      // What tells of changes is read as UTF-8; the scheduler wants UTF-16.
      const copy = `${file}.utf16`;
      host.writeFile(copy, utf16(text), 0o600);
      try {
        if (await known()) await host.runProgram('schtasks.exe', task('/End'), ASK);
        await mustRun(host, 'schtasks.exe', task('/Create', '/XML', copy, '/F'));
      } finally {
        host.remove(copy);
      }
      await mustRun(host, 'schtasks.exe', task('/Run'));
    },
    async stop(removeFile) {
      if (await known()) {
        await host.runProgram('schtasks.exe', task('/End'), ASK);
        await mustRun(host, 'schtasks.exe', task('/Delete', '/F'));
      }
      removeFile();
    },
    async state() {
      // What schtasks prints is in the language of the system; this is not.
      const ask = `(Get-ScheduledTask -TaskName ${TASK} -ErrorAction Stop).State`;
      const { out } = await host.runProgram('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', ask], ASK);
      return { state: STATES[out.trim()] ?? 'stopped', pid: null, since: null };
    },
    async logs({ lines, follow, print }) {
      const file = paths.log_file as string;
      if (follow) throw usage(`--follow does not work here; in PowerShell: Get-Content -Wait "${file}"`);
      showLog(readFile(file), file, lines, print);
    },
    advice: [
      'It starts when you log on. Variables it shall see belong into those of your account: setx ENGRAM_PORT 4300',
    ],
  };
}

const STATES: Readonly<Record<string, ServiceState['state']>> = { Running: 'running', Queued: 'starting' };
