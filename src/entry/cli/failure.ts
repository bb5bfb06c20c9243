// How a command says no: one sentence, a code for programs, and the exit code scripts decide by.

export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, not_found: 4, unauthorized: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_HELP: readonly (readonly [ExitCode, string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failed, 'the server refused, or something failed'],
  [EXIT.usage, 'wrong usage or settings'],
  [EXIT.unreachable, 'no server or model hub answers at the given address'],
  [EXIT.not_found, 'there is no such memory or model'],
  [EXIT.unauthorized, 'no valid key or token'],
];

export class CliError extends Error {
  readonly exit: ExitCode;
  readonly code: string;
  constructor(exit: ExitCode, code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CliError';
    this.exit = exit;
    this.code = code;
  }
}

export const usage = (message: string): CliError => new CliError(EXIT.usage, 'usage', message);
