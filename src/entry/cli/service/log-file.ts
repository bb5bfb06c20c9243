// Logs that are files, where the system keeps none of its own.
import type { Host } from '../../../platform/host.ts';
import { failed, reasonOf } from './manager.ts';

export function showLog(text: string | null, path: string, lines: number, print: (text: string) => void): void {
  if (text === null) throw failed('no_log', `There is no log at ${path} yet.`);
  const all = text.replace(/\r?\n$/, '').split(/\r?\n/);
  if (lines > 0) print(`${all.slice(-lines).join('\n')}\n`);
}

export async function followLog(host: Host, path: string, lines: number, print: (text: string) => void): Promise<void> {
  const args = ['-n', String(lines), '-F', path];
  const ran = await host.runProgram('tail', args, { timeout_ms: null, onOutput: print });
  if (ran.code !== 0) throw failed('service', `"tail ${args.join(' ')}" ${reasonOf(ran)}`);
}
