// For zsh: as a file _engram in a folder of $fpath, or sourced after compinit.
import { type Completions, type Option, PROGRAMS, placesOf, type Value } from './model.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** A colon parts a word from what is said about it. */
const described = (name: string, help: string): string => quoted(`${name.replaceAll(':', '\\:')}:${help}`);
const flags = (options: readonly Option[]): string =>
  options.flatMap(({ names, help }) => names.map((name) => described(name, help))).join(' ');

function offer(value: Value): string | null {
  if (value.kind === 'words') return `compadd -- ${value.words.map(quoted).join(' ')}`;
  return value.kind === 'path' ? '_files' : null;
}

function valueCases(path: string, options: readonly Option[]): string[] {
  return options.flatMap(({ names, value }) => {
    const offered = value && offer(value);
    return offered ? [`    (${names.map((name) => quoted(`${path} ${name}`)).join('|')}) ${offered} ;;`] : [];
  });
}

export function zshScript(completions: Completions): string {
  const places = placesOf(completions);
  const commands = completions.commands.flatMap(({ name, aliases, help }) =>
    [name, ...aliases].map((one) => described(one, help)),
  );
  return `#compdef ${PROGRAMS.join(' ')}
# Completions of engram for zsh: a file _engram in a folder of $fpath, or sourced after compinit.

_engram() {
  local prev="\${words[CURRENT-1]}" place='' word i
  local -i depth=0
  local -a valued found actions
  valued=(${completions.valued.join(' ')})
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    case "$word" in
      (--) return 1 ;;
      (-*) ((\${valued[(Ie)$word]})) && ((i++)) ;;
      (*)
        if ((depth == 0)); then
          place="$word"
        elif ((depth == 1)); then
          _engram_actions "$place"
          ((\${actions[(I)$word:*]})) && place="$place $word"
        fi
        ((depth++))
        ;;
    esac
  done
  if [[ "\${words[CURRENT]}" == --*=* ]]; then
    prev="\${words[CURRENT]%%=*}"
    compset -P '--*='
    _engram_value
    return
  fi
  _engram_value && return
  ((\${valued[(Ie)$prev]})) && return 1
  if [[ "\${words[CURRENT]}" == -* ]]; then
    case "$place" in
${places.map(({ path, place }) => `      (${quoted(path)}) found=(${flags(place.options)}) ;;`).join('\n')}
      ('') found=(${flags(completions.options)}) ;;
    esac
    _describe -o 'flag' found
    return
  fi
  if ((depth == 0)); then
    found=(${commands.join(' ')})
    _describe 'command' found
    return
  fi
  _engram_actions "$place"
  if ((depth == 1 && \${#actions})); then
    _describe 'action' actions
    return
  fi
  case "$place" in
${places
  .flatMap(({ path, place }) => {
    const offered = offer(place.operand);
    return offered === null ? [] : [`    (${quoted(path)}) ${offered} ;;`];
  })
  .join('\n')}
    (*) return 1 ;;
  esac
}

_engram_actions() {
  actions=()
  case "$1" in
${places
  .filter(({ next }) => next.length > 0)
  .map(
    ({ path, next }) =>
      `    (${quoted(path)}) actions=(${next.map((one) => described(one.name, one.help)).join(' ')}) ;;`,
  )
  .join('\n')}
  esac
}

_engram_value() {
  case "$place $prev" in
${places.flatMap(({ path, place }) => valueCases(path, place.options)).join('\n')}
${valueCases('', completions.options).join('\n')}
    (*) return 1 ;;
  esac
}

if [[ "\${funcstack[1]}" == _engram ]]; then
  _engram "$@"
else
  compdef _engram ${PROGRAMS.join(' ')}
fi
`;
}
