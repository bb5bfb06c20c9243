// What looks after services, one for each system: it is told of the service, starts and stops it, and says how it is.

import type { Host, Ran, RunOptions } from '../../../platform/host.ts';
import { CliError, EXIT } from '../failure.ts';
import type { ServicePlan } from './plan.ts';

export interface ServiceState {
  readonly state: 'running' | 'starting' | 'failed' | 'stopped';
  readonly pid: number | null;
  /** As the system words it. */
  readonly since: string | null;
}

export interface LogRequest {
  readonly lines: number;
  readonly follow: boolean;
  print(text: string): void;
}

export interface Manager {
  /** The text of the service's file. */
  describe(plan: ServicePlan, sandbox: boolean): string;
  /** @throws CliError that says what is missing here */
  check(): Promise<void>;
  /** Whether the service can be shut off from the rest of the system; null where that is not asked for. */
  sandbox(): Promise<boolean | null>;
  /** Makes the system read the file again, start the service now and from now on. */
  start(plan: ServicePlan, text: string): Promise<void>;
  /** Ends the service and makes the system forget it; `removeFile` is called when that is due. */
  stop(removeFile: () => void): Promise<void>;
  state(): Promise<ServiceState>;
  logs(request: LogRequest): Promise<void>;
  /** What to do next, in sentences. */
  readonly advice: readonly string[];
}

export const failed = (code: string, message: string): CliError => new CliError(EXIT.failed, code, message);

const STEP: RunOptions = { timeout_ms: 60_000 };

/** One step of several, each of which has to come off. */
export async function mustRun(host: Host, command: string, args: readonly string[], options = STEP): Promise<Ran> {
  const ran = await host.runProgram(command, args, options);
  if (ran.code === 0) return ran;
  throw failed('service', `"${[command, ...args].join(' ')}" ${reasonOf(ran)}`);
}

export function reasonOf({ code, out, err, missing, late }: Ran): string {
  if (missing) return 'could not be started: there is no such program.';
  if (late) return 'took too long and was ended.';
  const said = (err.trim() || out.trim()).split('\n').slice(0, 3).join(' ').slice(0, 300);
  return `ended with ${code ?? 'a signal'}${said === '' ? '' : `: ${said.replace(/\.$/, '')}`}.`;
}
