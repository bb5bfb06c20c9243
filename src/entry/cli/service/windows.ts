// The scheduled task of Windows. A service of the service manager would need an administrator, would run as an account whose
// folders are not the user's, and would have to speak the manager's protocol; a task at logon needs none of these.
import { inComment, xml } from './launchd.ts';
import type { ServicePlan } from './plan.ts';
import { CHECKSUM_MARK, stamp } from './written.ts';

export const TASK = 'Engram';

/** As Windows takes a command line apart: backslashes count only before a quote. */
const quoted = (text: string): string => `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`;

/**
 * A console program started by a task would open a window. `conhost --headless` gives it a console that is not shown, and
 * `cmd` sends what it prints to a file.
 */
export function scheduledTask({ command, folder, log_file, address }: ServicePlan): string {
  const line = `${command.map(quoted).join(' ')} >> ${quoted(log_file ?? 'NUL')} 2>&1`;
  return stamp(`<?xml version="1.0"?>
<!-- Engram as a task of its user, written by "engram service install" -->
<!-- ${CHECKSUM_MARK} -->
<!-- engram-address: ${inComment(address)} -->
<Task version="1.4" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>Engram, long-term memory for AI agents</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Hidden>true</Hidden>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>5</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>conhost.exe</Command>
      <Arguments>${xml(`--headless cmd.exe /d /s /c "${line}"`)}</Arguments>
      <WorkingDirectory>${xml(folder)}</WorkingDirectory>
    </Exec>
  </Actions>
</Task>
`);
}

/** The task scheduler reads UTF-16 with its mark. */
export const utf16 = (text: string): Uint8Array => Buffer.from(`\ufeff${text.replaceAll('\n', '\r\n')}`, 'utf16le');
