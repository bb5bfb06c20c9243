// Reads the lines of shell that help and documentation show.

/** What a shell would make of a line: its words, quotes taken off, up to a redirection. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  for (const [, double, single, plain] of line.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+)/g)) {
    if (plain !== undefined && /^[<>]/.test(plain)) break;
    words.push(double?.replace(/\\(.)/g, '$1') ?? single ?? plain!);
  }
  return words;
}

/** The commands of this program in a line of shell, with whether something is piped into them. */
export function commandsIn(line: string): { args: string[]; piped: boolean }[] {
  const parts = line.replace(/\$\((engram [^)]*)\)/g, ' && $1').split(/(\s*(?:&&|\|\||\|)\s*)/);
  return parts.flatMap((part, at) => {
    const command = /^\s*(?:\w+=\S*\s+)*engram\s+(.*)$/.exec(part)?.[1];
    return command === undefined ? [] : [{ args: shellWords(command), piped: parts[at - 1]?.trim() === '|' }];
  });
}
