// launchd of macOS, for the agents of a user.
import type { Host } from '../../../platform/host.ts';
import { LABEL, launchAgent } from './launchd.ts';
import { followLog, showLog } from './log-file.ts';
import { failed, type Manager, mustRun } from './manager.ts';
import type { ServicePaths } from './plan.ts';

const ASK = { timeout_ms: 10_000 };

export function launchdManager(host: Host, paths: ServicePaths, readFile: (path: string) => string | null): Manager {
  const domain = `gui/${host.user_id ?? 0}`;
  const service = `${domain}/${LABEL}`;
  const print = () => host.runProgram('launchctl', ['print', service], ASK);
  return {
    describe: launchAgent,
    async check() {
      if ((await host.runProgram('launchctl', ['print', domain], ASK)).code === 0) return;
      throw failed(
        'no_launchd',
        'launchd has no session for this user: log in at the screen of this Mac, then try again.',
      );
    },
    sandbox: async () => null,
    async start({ file }) {
      if ((await print()).code === 0) await mustRun(host, 'launchctl', ['bootout', service]);
      await mustRun(host, 'launchctl', ['enable', service]);
      await mustRun(host, 'launchctl', ['bootstrap', domain, file]);
    },
    async stop(removeFile) {
      if ((await print()).code === 0) await mustRun(host, 'launchctl', ['bootout', service]);
      removeFile();
    },
    async state() {
      const { code, out } = await print();
      const pid = /^\s*pid = (\d+)$/m.exec(out)?.[1];
      if (code !== 0) return { state: 'stopped', pid: null, since: null };
      const lastExit = /^\s*last exit code = ([1-9]\d*)/m.test(out);
      const state = pid !== undefined ? 'running' : lastExit ? 'failed' : 'starting';
      return { state, pid: pid === undefined ? null : Number(pid), since: null };
    },
    async logs({ lines, follow, print: show }) {
      const file = paths.log_file as string;
      if (follow) await followLog(host, file, lines, show);
      else showLog(readFile(file), file, lines, show);
    },
    advice: ['It starts when you log in.'],
  };
}
