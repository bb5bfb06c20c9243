// For PowerShell 5.1 and newer.
import { type Completions, type Option, PROGRAMS, placesOf, type Value } from './model.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const list = (words: readonly string[]): string => `@(${words.map(quoted).join(', ')})`;
const names = (options: readonly Option[]): string[] => options.flatMap((option) => [...option.names]);

/** Lists of words only: for an empty answer PowerShell offers files by itself. */
const wordsOf = (value: Value | null): readonly string[] => (value?.kind === 'words' ? value.words : []);

function values(path: string, options: readonly Option[]): string[] {
  return options.flatMap(({ names: written, value }) =>
    wordsOf(value).length === 0
      ? []
      : written.map((name) => `    ${quoted(`${path} ${name}`)} = ${list(wordsOf(value))}`),
  );
}

export function powershellScript(completions: Completions): string {
  const places = placesOf(completions);
  const commands = completions.commands.flatMap(({ name, aliases }) => [name, ...aliases]);
  return `# Completions of engram for PowerShell: dot-source this file, for example from $PROFILE.
Register-ArgumentCompleter -Native -CommandName ${PROGRAMS.map(quoted).join(', ')} -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $valued = ${list(completions.valued)}
  $flags = @{
    '' = ${list(names(completions.options))}
${places.map(({ path, place }) => `    ${quoted(path)} = ${list(names(place.options))}`).join('\n')}
  }
  $next = @{
    '' = ${list(commands)}
${places
  .flatMap(({ path, place, next }) => {
    const words = next.length > 0 ? next.map(({ name }) => name) : wordsOf(place.operand);
    return words.length === 0 ? [] : [`    ${quoted(path)} = ${list(words)}`];
  })
  .join('\n')}
  }
  $values = @{
${[...values('', completions.options), ...places.flatMap(({ path, place }) => values(path, place.options))].join('\n')}
  }
  $words = @($commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
  $place = ''
  $waits = ''
  for ($i = 1; $i -lt $words.Count; $i++) {
    $word = $words[$i]
    if ($waits) { $waits = '' }
    elseif ($valued -contains $word) { $waits = $word }
    elseif ($word.StartsWith('-')) { }
    elseif (-not $place) { $place = $word }
    elseif ($flags.ContainsKey("$place $word")) { $place = "$place $word" }
  }
  $found = if ($waits) { $values["$place $waits"] }
    elseif ($wordToComplete.StartsWith('-')) { $flags[$place] }
    else { $next[$place] }
  $found | Where-Object { $_ -like "$wordToComplete*" } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
  }
}
`;
}
