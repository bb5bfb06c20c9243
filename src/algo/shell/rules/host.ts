// Machines that a command must not reach: this one by the back door, and services that hand out credentials.
import { argsOf, type Command, nameOf } from '../command.ts';
import { hostKind, hostOf } from '../hosts.ts';
import { danger, type Rule } from '../rule.ts';
import { sshParts } from '../unwrap.ts';

const COPIES = /^(?:scp|sftp|rsync|mosh|ssh-copy-id|sshfs)$/;
const FETCHES = /^(?:curl|wget|http|https|xh|nc|ncat|telnet)$/;

/** Where it logs in. */
function targets(command: Command): string[] {
  const name = nameOf(command);
  if (name === 'ssh') {
    const { target, hops } = sshParts(command);
    return target === null ? hops : [target, ...hops];
  }
  if (!COPIES.test(name)) return [];
  return argsOf(command).filter(
    (arg) => !arg.startsWith('-') && (/[@:]/.test(arg) || name === 'mosh' || name === 'ssh-copy-id'),
  );
}

const login: Rule = (command, { reserved_targets }) => {
  for (const target of targets(command)) {
    const host = hostOf(target);
    const kind = hostKind(target);
    if (kind === 'metadata')
      return danger('host.metadata', 'destructive', `${host} hands out credentials of the machine.`);
    if (kind)
      return danger(
        'host.reserved',
        'destructive',
        `${host} is this machine or its own network link, which ssh must not enter.`,
      );
    if (reserved_targets.some((reserved) => hostOf(reserved) === host))
      return danger('host.reserved', 'destructive', `${host} is a reserved machine.`);
  }
  return null;
};

const metadata: Rule = (command) =>
  FETCHES.test(nameOf(command)) &&
  argsOf(command).some((arg) => /[.:]|metadata/.test(arg) && hostKind(arg) === 'metadata')
    ? danger('host.metadata', 'destructive', 'It reads the credentials of the machine from its metadata service.')
    : null;

export const hostRules: readonly Rule[] = [login, metadata];
