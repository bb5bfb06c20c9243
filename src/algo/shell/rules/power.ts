// Machines and services that would stop.
import { argsOf, type Command, nameOf } from '../command.ts';
import { hostOf } from '../hosts.ts';
import { type DangerSettings, danger, type Rule } from '../rule.ts';
import { parseArgs } from './deletion.ts';

/** Prose has operands that these do not take: "halt the rollout". */
function stopsMachine(command: Command): boolean {
  const args = argsOf(command);
  const { flags, operands } = parseArgs(args);
  if (flags.has('--help') || flags.has('--version')) return false;
  switch (nameOf(command)) {
    case 'reboot':
    case 'poweroff':
    case 'halt':
      return operands.length === 0 && !flags.has('w');
    case 'shutdown':
      return (
        !flags.has('c') &&
        !flags.has('k') &&
        (operands.length === 0 || /^(?:now|\+?\d+|\d{1,2}:\d{2})$/.test(operands[0]!))
      );
    case 'init':
    case 'telinit':
      return /^[06]$/.test(operands[0] ?? '');
    case 'systemctl':
    case 'loginctl':
      return /^(?:reboot|poweroff|halt|kexec|soft-reboot|rescue|emergency)$/.test(operands[0] ?? '');
    default:
      return command.redirects.some(({ op, target }) => op.startsWith('>') && target.text === '/proc/sysrq-trigger');
  }
}

const sameHost = (a: string, b: string): boolean => hostOf(a) === hostOf(b);

const power: Rule = (command, { no_reboot_hosts }) => {
  if (!stopsMachine(command)) return null;
  const { host } = command;
  if (host === null) return danger('power.off', 'destructive', 'It stops or restarts this machine.');
  return no_reboot_hosts.some((name) => sameHost(name, host))
    ? danger('power.no_reboot', 'destructive', `It stops or restarts ${host}, which must not be.`)
    : danger('power.remote', 'risky', `It stops or restarts ${host}.`);
};

const unitName = (name: string): string => name.toLowerCase().replace(/\.(?:service|socket|target|timer)$/, '');

/** The services a command would stop. */
function stopped(command: Command): string[] {
  const { operands } = parseArgs(argsOf(command));
  const [verb = '', ...rest] = operands;
  switch (nameOf(command)) {
    case 'systemctl':
      return /^(?:stop|disable|mask|kill|isolate)$/.test(verb) ? rest : [];
    case 'service':
    case 'rc-service':
      return rest[0] === 'stop' ? [verb] : [];
    case 'docker':
    case 'podman':
    case 'nerdctl':
    case 'docker-compose': {
      const words = operands.filter((word) => !/^(?:container|compose)$/.test(word));
      return /^(?:stop|kill|rm|down|pause)$/.test(words[0] ?? '') ? words.slice(1) : [];
    }
    case 'pkill':
    case 'killall':
      return operands;
    case 'pm2':
      return /^(?:stop|delete|kill)$/.test(verb) ? rest : [];
    default:
      return [];
  }
}

const service: Rule = (command, { protected_services }: DangerSettings) => {
  const kept = new Set(protected_services.map(unitName));
  const hit = kept.size === 0 ? undefined : stopped(command).find((name) => kept.has(unitName(name)));
  return hit === undefined ? null : danger('service.protected', 'destructive', `It stops ${hit}, which is protected.`);
};

export const powerRules: readonly Rule[] = [power, service];
