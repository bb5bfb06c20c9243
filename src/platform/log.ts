// Logs through pino: JSON lines for machines, short lines for people. Memory content never gets here.
import pino from 'pino';
import type { Logger } from '../core/log.ts';

type Level = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** One line per event: time, level, message, then the fields that matter. */
function textLine(json: string): string {
  const {
    level,
    time,
    msg,
    pid: _pid,
    hostname: _host,
    err,
    ...fields
  } = JSON.parse(json) as Record<string, unknown> & { level: string; time: number };
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  // Errors of native libraries come without a stack, which the serializer makes an empty one.
  const cause =
    err === undefined
      ? []
      : [(err as { stack?: string; message?: string }).stack || String((err as { message?: string }).message)];
  return [new Date(time).toISOString(), level.toUpperCase().padEnd(5), msg, ...rest, ...cause].join(' ');
}

export function createLogger(level: Level, format: 'text' | 'json'): Logger {
  const stream = {
    write(line: string): void {
      process.stderr.write(format === 'json' ? line : `${textLine(line)}\n`);
    },
  };
  return pino({ level, base: null, formatters: { level: (label) => ({ level: label }) } }, stream) as unknown as Logger;
}
