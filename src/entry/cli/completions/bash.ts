// For bash 3.2, which macOS still has, and newer.
import { type Completions, type Option, PROGRAMS, placesOf, type Value } from './model.ts';

const words = (list: readonly string[]): string => `"${list.join(' ')}"`;
const namesOf = (options: readonly Option[]): string[] => options.flatMap(({ names }) => names);

function offer(value: Value): string | null {
  if (value.kind === 'words') return `_engram_words ${words(value.words)}`;
  return value.kind === 'path' ? '_engram_paths' : null;
}

/** One line for all flags that are completed alike. */
function valueCases(path: string, options: readonly Option[]): string[] {
  const byOffer = new Map<string, string[]>();
  for (const { names, value } of options) {
    const offered = value && offer(value);
    if (offered) byOffer.set(offered, [...(byOffer.get(offered) ?? []), ...names]);
  }
  return [...byOffer].map(([offered, names]) => {
    const patterns = names.map((name) => `"${path} ${name}"`).join('|');
    return `    ${patterns}) ${offered} ;;`;
  });
}

export function bashScript(completions: Completions): string {
  const places = placesOf(completions);
  const commands = completions.commands.flatMap(({ name, aliases }) => [name, ...aliases]);
  return `# Completions of engram for bash: source this file, or put it into the folder that bash-completion reads.

_engram_words() {
  local IFS=$' \\t\\n'
  COMPREPLY=($(compgen -W "$1" -- "$cur"))
  return 0
}

_engram_paths() {
  local path
  COMPREPLY=()
  compopt -o filenames 2>/dev/null
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen -f -- "$cur")
}

# What the flag before the cursor may be given. Returns 1 where no flag waits for a value.
_engram_value() {
  case "$place $prev" in
${places.flatMap(({ path, place }) => valueCases(path, place.options)).join('\n')}
${valueCases('', completions.options).join('\n')}
    *) [[ $valued == *" $prev "* ]] ;;
  esac
}

_engram() {
  local valued=" ${completions.valued.join(' ')} "

  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" place='' depth=0 i word
  COMPREPLY=()
  # Bash makes three words of --flag=value.
  if [[ $cur == = ]]; then
    cur=''
  elif [[ $prev == = ]]; then
    prev="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$word" in
      --) return ;;
      =) ((i++)) ;;
      -*)
        [[ $valued == *" $word "* && \${COMP_WORDS[i+1]} != = ]] && ((i++))
        ;;
      *)
        case $depth in
          0) place=$word ;;
          1) case " $(_engram_actions "$place") " in *" $word "*) place="$place $word" ;; esac ;;
        esac
        ((depth++))
        ;;
    esac
  done
  _engram_value && return
  if [[ $cur == -* ]]; then
    case "$place" in
${places.map(({ path, place }) => `      "${path}") _engram_words ${words(namesOf(place.options))} ;;`).join('\n')}
      '') _engram_words ${words(namesOf(completions.options))} ;;
    esac
  elif [[ $depth -eq 0 ]]; then
    _engram_words ${words(commands)}
  elif [[ $depth -eq 1 && -n $(_engram_actions "$place") ]]; then
    _engram_words "$(_engram_actions "$place")"
  else
    case "$place" in
${places
  .flatMap(({ path, place }) => {
    const offered = offer(place.operand);
    return offered === null ? [] : [`      "${path}") ${offered} ;;`];
  })
  .join('\n')}
    esac
  fi
}

_engram_actions() {
  case "$1" in
${places
  .filter(({ next }) => next.length > 0)
  .map(({ path, next }) => `    "${path}") echo ${words(next.map(({ name }) => name))} ;;`)
  .join('\n')}
  esac
}

complete -F _engram ${PROGRAMS.join(' ')}
`;
}
