// The words with which another program starts this one.

/** One file once it is built; from its sources, the runtime and where the program begins. */
export function programWords(): readonly string[] {
  const main = Bun.main;
  const built = main.startsWith('/$bunfs/') || /^[A-Z]:[\\/]~BUN[\\/]/i.test(main);
  // A `.env` of the folder an agent works in is not ours to read.
  return built ? [process.execPath] : [process.execPath, '--no-env-file', main];
}
