// The words with which another program starts this one.

/** Under this path a compiled executable finds what was built into it. */
const INSIDE_EXECUTABLE = /^(?:\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/i;

/**
 * One file once it is built; from its sources, the runtime and where the program begins.
 * @param argv as the process got it
 */
export function programOf(execPath: string, argv: readonly string[]): string[] {
  const script = argv[1];
  // A `.env` of the folder it is started in is not ours to read; the executable reads none.
  return script === undefined || INSIDE_EXECUTABLE.test(script) ? [execPath] : [execPath, '--no-env-file', script];
}
