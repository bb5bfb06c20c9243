// For fish: in a file engram.fish among its completions, or sourced.
import { type Completions, type Option, PROGRAMS, placesOf, type Value } from './model.ts';

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
const at = (path: string): string => quoted(`__engram_at ${path === '' ? "''" : path}`);

function offer(value: Value | null): string {
  if (value === null) return '';
  if (value.kind === 'words') return ` -x -a ${quoted(value.words.join(' '))}`;
  return value.kind === 'path' ? ' -r -F' : ' -x';
}

function flagLine(program: string, path: string, { names, help, value }: Option): string {
  const written = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  return `complete -c ${program} -n ${at(path)} ${written.join(' ')}${offer(value)} -d ${quoted(help)}`;
}

export function fishScript(completions: Completions): string {
  const [program, ...others] = PROGRAMS as [string, ...string[]];
  const places = placesOf(completions);
  const commands = completions.commands.flatMap(({ name, aliases, help }) =>
    [name, ...aliases].map((one) => `complete -c ${program} -n ${at('')} -a ${one} -d ${quoted(help)}`),
  );
  const lines = places.flatMap(({ path, place, next }) => [
    ...next.map(({ name, help }) => `complete -c ${program} -n ${at(path)} -a ${name} -d ${quoted(help)}`),
    ...(next.length === 0 && place.operand.kind !== 'any'
      ? [`complete -c ${program} -n ${at(path)}${place.operand.kind === 'path' ? ' -F' : offer(place.operand)}`]
      : []),
    ...place.options.map((option) => flagLine(program, path, option)),
  ]);
  return `# Completions of engram for fish: source this file, or name it engram.fish among the completions of fish.

# Whether the words before the cursor have come just as far as these: a command, or a command and its action.
function __engram_at
    set -l valued ${completions.valued.join(' ')}
    set -l actions ${places.flatMap(({ path, next }) => next.map(({ name }) => `'${path} ${name}'`)).join(' ')}
    set -l place
    set -l skip no
    for word in (commandline -opc)[2..-1]
        if test $skip = yes
            set skip no
        else if string match -q -- '-*' $word
            contains -- $word $valued; and set skip yes
        else if test (count $place) -eq 0
            set place $word
        else if test (count $place) -eq 1; and contains -- "$place $word" $actions
            set -a place $word
        end
    end
    test "$place" = "$argv"
end

complete -c ${program} -f
${completions.options.map((option) => flagLine(program, '', option)).join('\n')}
${commands.join('\n')}
${lines.join('\n')}
${others.map((other) => `complete -c ${other} -w ${program}`).join('\n')}
`;
}
