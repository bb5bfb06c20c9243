// The launch agent of macOS.
import type { ServicePlan } from './plan.ts';
import { CHECKSUM_MARK, stamp } from './written.ts';

export const LABEL = 'engram';

/** launchd reads no file of variables, so a shell does before it becomes the server. */
const WITH_VARIABLES = 'if [ -f "$0" ]; then set -a; . "$0"; set +a; fi; exec "$@"';

export const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Two dashes end a comment; in an address one of them may be written in another way. */
export const inComment = (address: string): string => address.replaceAll('--', '-%2D');

const string = (text: string): string => `<string>${xml(text)}</string>`;

export function launchAgent(plan: ServicePlan): string {
  const { command, folder, env_file, log_file, address } = plan;
  const words = ['/bin/sh', '-c', WITH_VARIABLES, env_file ?? '', ...command];
  return stamp(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Engram as a service of its user, written by "engram service install" -->
<!-- ${CHECKSUM_MARK} -->
<!-- engram-address: ${inComment(address)} -->
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>${LABEL}</string>
  <key>ProgramArguments</key>
  <array>
${words.map((word) => `    ${string(word)}`).join('\n')}
  </array>
  <key>WorkingDirectory</key>
  ${string(folder)}
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>10</integer>
  <key>ExitTimeOut</key>
  <integer>30</integer>
  <key>Umask</key>
  <integer>63</integer>
  <key>StandardOutPath</key>
  ${string(log_file ?? '/dev/null')}
  <key>StandardErrorPath</key>
  ${string(log_file ?? '/dev/null')}
</dict>
</plist>
`);
}
