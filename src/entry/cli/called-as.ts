// The names under which one executable answers: a link or a copy called `engram-server` runs the server.

const COMMAND_OF: Readonly<Record<string, string>> = { 'engram-server': 'serve', 'engram-mcp': 'mcp' };
const ABOUT = new Set(['--version', '-V', 'version', 'help']);

/**
 * The words of the command line with the command that the name stands for.
 * @param name as the program was called, with or without its folder and `.exe`
 */
export function calledAs(name: string, words: readonly string[]): readonly string[] {
  const own = /([^/\\]+?)(?:\.exe)?$/i.exec(name)?.[1]?.toLowerCase() ?? '';
  const command = COMMAND_OF[own];
  const [first] = words;
  // Whoever names the command all the same means no other.
  return command === undefined || first === command || (first !== undefined && ABOUT.has(first))
    ? words
    : [command, ...words];
}
