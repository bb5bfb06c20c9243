// engram service install: writes the file, tells the system, waits until the server answers.
import { live } from '../../../features/system/contract.ts';
import { buildRequest, overNetwork } from '../client.ts';
import { type Context, noWords } from '../command.ts';
import { EXIT, type ExitCode } from '../failure.ts';
import { failed, type Manager } from './manager.ts';
import { managerOf } from './managers.ts';
import { ENV_FILE_TEXT, planService, type ServicePlan, unseenVariables } from './plan.ts';
import { backupPath, isUntouched } from './written.ts';

const ASK_MS = 2_000;
const PAUSE_MS = 250;
const TRIES = 80;

export async function install(context: Context): Promise<ExitCode> {
  noWords(context, 'service install');
  const { machine, args, output } = context;
  const plan = planService(machine);
  const manager = managerOf(machine);
  if (args.has('print')) {
    output.raw(manager.describe(plan, true).trimEnd());
    return EXIT.ok;
  }
  await manager.check();
  if ((await manager.state()).state !== 'running' && (await answers(plan.address)))
    throw failed(
      'address_taken',
      `A server answers at ${plan.address} already. Stop it first, or give the service another --port.`,
    );
  const sandbox = await manager.sandbox();
  const remarks = prepare(context, plan);
  const text = manager.describe(plan, sandbox ?? false);
  const { changed, kept } = write(context, plan.file, text);
  if (kept !== null) remarks.push(`${plan.file} had been changed by hand; what it was is in ${kept}.`);
  if (sandbox === false)
    remarks.push(
      'This system gives ordinary users no namespaces, so the service can write wherever you can; the rest of its hardening is on.',
    );
  await manager.start(plan, text);
  if (!args.has('no-wait')) await untilAnswers(context, plan, manager);

  if (output.json) output.data({ file: plan.file, changed, backup: kept, address: plan.address, sandbox, remarks });
  else {
    output.line(`The service ${args.has('no-wait') ? 'is started' : `answers at ${plan.address}`}.`);
    output.remark(`  file  ${plan.file}${changed ? '' : ' (as it was)'}`);
    output.remark(`  data  ${plan.data_dir}`);
    if (plan.env_file !== null) output.remark(`  variables  ${plan.env_file}`);
    for (const sentence of [...remarks, ...manager.advice]) output.remark(sentence);
  }
  return EXIT.ok;
}

/** Folders it needs, and a file for its variables. */
function prepare({ machine }: Context, { folder, writes, env_file }: ServicePlan): string[] {
  const { host } = machine;
  for (const path of [folder, ...writes]) host.makeFolder(path);
  if (env_file === null) return [];
  if (machine.readFile(env_file) === null) host.writeFile(env_file, ENV_FILE_TEXT, 0o600);
  const unseen = unseenVariables(machine);
  if (unseen.length === 0) return [];
  const them = unseen.length === 1 ? 'it' : 'them';
  return [
    `The service does not see ${unseen.join(', ')} of this shell; put ${them} into ${env_file} and install again.`,
  ];
}

/** @returns `kept`: where the file went that a person had changed */
function write({ machine }: Context, path: string, text: string): { changed: boolean; kept: string | null } {
  const { host } = machine;
  const before = machine.readFile(path);
  if (before === text) return { changed: false, kept: null };
  const kept = before === null || isUntouched(before) ? null : backupPath(path, host.exists);
  if (kept !== null) host.writeFile(kept, before as string, 0o600);
  host.writeFile(path, text, 0o600);
  return { changed: true, kept };
}

export async function answers(address: string): Promise<boolean> {
  const response = await overNetwork(buildRequest(address, null, live, {}), ASK_MS).catch(() => null);
  const body: unknown = await response?.json().catch(() => null);
  return (body as { service?: unknown } | null)?.service === 'engram';
}

async function untilAnswers({ machine }: Context, { address }: ServicePlan, manager: Manager): Promise<void> {
  for (let tried = 0; tried < TRIES; tried++) {
    const { state } = await manager.state();
    if (state === 'running' && (await answers(address))) return;
    if (state === 'failed') break;
    await machine.host.pause(PAUSE_MS);
  }
  throw failed(
    'service_down',
    `The service was installed, but does not answer at ${address}. "engram service logs" tells why; "engram service uninstall" takes it away.`,
  );
}
