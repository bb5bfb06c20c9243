// engram service: the server as a service of its user, started by the system.
import { withActions } from '../actions.ts';
import { type Context, noWords } from '../command.ts';
import { EXIT, type ExitCode } from '../failure.ts';
import { answers, install } from '../service/install.ts';
import { managerOf } from '../service/managers.ts';
import { servicePaths } from '../service/plan.ts';
import { backupPath, isUntouched } from '../service/written.ts';

const NOT_INSTALLED = 'No service is installed; "engram service install" does that.';

async function uninstall(context: Context): Promise<ExitCode> {
  noWords(context, 'service uninstall');
  const { machine, output } = context;
  const { file, folder, env_file } = servicePaths(machine);
  const before = machine.readFile(file);
  let kept: string | null = null;
  if (before !== null) {
    const manager = managerOf(machine);
    await manager.check();
    if (!isUntouched(before)) {
      kept = backupPath(file, machine.host.exists);
      machine.host.writeFile(kept, before, 0o600);
    }
    await manager.stop(() => machine.host.remove(file));
  }
  if (output.json) output.data({ removed: before !== null, file, backup: kept });
  else if (before === null) output.line('No service is installed; nothing to do.');
  else {
    output.line('The service is stopped and removed.');
    if (kept !== null) output.remark(`${file} had been changed by hand; what it was is in ${kept}.`);
    output.remark(`Memories and settings stay: ${[folder, env_file].filter((path) => path !== null).join(', ')}`);
  }
  return EXIT.ok;
}

async function status(context: Context): Promise<ExitCode> {
  noWords(context, 'service status');
  const { machine, output } = context;
  const { file } = servicePaths(machine);
  const text = machine.readFile(file);
  if (text === null) {
    if (output.json) output.data({ installed: false, state: 'stopped' });
    else output.line(NOT_INSTALLED);
    return EXIT.failed;
  }
  const manager = managerOf(machine);
  await manager.check();
  const { state, pid, since } = await manager.state();
  const address = /\bengram-address: (\S+)/.exec(text)?.[1] ?? null;
  const reached = address !== null && (await answers(address));
  if (output.json) output.data({ installed: true, state, pid, since, address, answers: reached, file });
  else {
    const running = pid === null ? state : `${state}, process ${pid}`;
    output.line(`  state    ${since === null ? running : `${running}, since ${since}`}`);
    if (address !== null) output.line(`  address  ${address}, ${reached ? 'answers' : 'does not answer'}`);
    output.line(`  file     ${file}`);
    if (state !== 'running' || !reached) output.remark('"engram service logs" shows what the server said.');
  }
  return state === 'running' && reached ? EXIT.ok : EXIT.failed;
}

const MOST_LINES = 100_000;

async function logs(context: Context): Promise<ExitCode> {
  noWords(context, 'service logs');
  const { machine, args } = context;
  const lines = args.whole('lines', { min: 0, max: MOST_LINES }) ?? 100;
  const manager = managerOf(machine);
  await manager.check();
  await manager.logs({ lines, follow: args.has('follow'), print: (text) => machine.out.write(text) });
  return EXIT.ok;
}

export const service = withActions({
  name: 'service',
  summary: 'Run the server as a service that starts by itself',
  role: null,
  about: [
    'A systemd user service on Linux, a launch agent on macOS, a task at logon on Windows; no administrator is needed.',
    'The flags of "engram serve" given to install are kept: engram service install --port 4300',
    'Variables of the server belong into engram.env in ~/.config/engram, settings into config.toml beside it.',
  ],
  exit_codes: [
    [EXIT.ok, 'done; for status: it runs and answers'],
    [EXIT.failed, 'it could not be done; for status: it does not run, or does not answer'],
    [EXIT.usage, 'wrong usage or settings'],
  ],
  sought_as: ['systemd', 'systemctl', 'launchd', 'daemonize', 'autostart'],
  actions: [
    {
      name: 'install',
      summary: 'Start the server now and from now on; again to change its settings',
      flags: [
        { name: 'print', help: 'Show what would be written, and do nothing' },
        { name: 'no-wait', help: 'Do not wait until the server answers' },
      ],
      examples: ['engram service install', 'engram service install --port 4300 --print'],
      run: install,
    },
    {
      name: 'uninstall',
      summary: 'Stop the server and remove the service; memories stay',
      examples: ['engram service uninstall'],
      run: uninstall,
    },
    {
      name: 'status',
      summary: 'Whether it runs and answers',
      examples: ['engram service status'],
      run: status,
    },
    {
      name: 'logs',
      summary: 'What the server said',
      flags: [
        { name: 'lines', short: 'n', value: 'number', help: 'How many lines, 100 when not said' },
        { name: 'follow', short: 'f', help: 'Go on showing what it says, until Ctrl-C' },
      ],
      examples: ['engram service logs', 'engram service logs --follow'],
      run: logs,
    },
  ],
});
