// The unit of a systemd user service.
import type { ServicePlan } from './plan.ts';
import { CHECKSUM_MARK, stamp } from './written.ts';

export const UNIT = 'engram.service';

/** What makes namespaces, which some systems do not let ordinary users do: `systemd-run` is asked before they are written. */
export const NAMESPACES: readonly string[] = [
  'PrivateUsers=yes',
  'PrivateTmp=yes',
  'ProtectSystem=strict',
  'ProtectKernelTunables=yes',
  'ProtectControlGroups=yes',
];

const specifiers = (text: string): string => text.replaceAll('%', '%%');
const quoted = (text: string): string =>
  `"${specifiers(text).replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\t', '\\t')}"`;

/** @param sandbox whether this system lets the service have namespaces of its own */
export function systemdUnit(plan: ServicePlan, sandbox: boolean): string {
  const [program = '', ...args] = plan.command;
  // The colon keeps systemd from filling in what looks like a variable.
  const start = [quoted(`:${program}`), ...args.map(quoted)].join(' ');
  const lines = [
    '# Engram as a service of its user, written by "engram service install". Changes of your own are best kept apart:',
    '# systemctl --user edit engram',
    `# ${CHECKSUM_MARK}`,
    `# engram-address: ${plan.address}`,
    '',
    '[Unit]',
    'Description=Engram, long-term memory for AI agents',
    'StartLimitIntervalSec=300',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${start}`,
    `WorkingDirectory=${specifiers(plan.folder)}`,
    `EnvironmentFile=-${specifiers(plan.env_file ?? '')}`,
    'Restart=on-failure',
    'RestartSec=5',
    '# Wrong settings do not come right by trying again.',
    'RestartPreventExitStatus=2',
    'TimeoutStopSec=30',
    'UMask=0077',
    '',
    'NoNewPrivileges=yes',
    'LockPersonality=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'RestrictNamespaces=yes',
    'SystemCallArchitectures=native',
    'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
    ...(sandbox
      ? [
          '# It may write here and nowhere else.',
          ...NAMESPACES,
          ...plan.writes.map((path) => `ReadWritePaths=${quoted(`-${path}`)}`),
        ]
      : []),
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ];
  return stamp(lines.join('\n'));
}
