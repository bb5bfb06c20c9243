// engram completions: prints the script that completes commands in a shell.

import type { Command } from '../command.ts';
import { bashScript } from '../completions/bash.ts';
import { fishScript } from '../completions/fish.ts';
import { type Completions, completionsOf } from '../completions/model.ts';
import { powershellScript } from '../completions/powershell.ts';
import { zshScript } from '../completions/zsh.ts';
import { EXIT, usage } from '../failure.ts';

const SHELLS: Readonly<Record<string, (completions: Completions) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  powershell: powershellScript,
};
const NAMES = Object.keys(SHELLS).join('|');

/** @param all called when it runs: the list of all commands holds this one */
export const completions = (all: () => readonly Command[]): Command => ({
  name: 'completions',
  operands: `<${NAMES}>`,
  summary: 'Print the script that completes commands in your shell',
  role: null,
  about: [
    'bash        engram completions bash > ~/.local/share/bash-completion/completions/engram',
    'zsh         engram completions zsh > ~/.zfunc/_engram, with ~/.zfunc in $fpath before compinit',
    'fish        engram completions fish > ~/.config/fish/completions/engram.fish',
    'powershell  engram completions powershell | Out-String | Invoke-Expression, in $PROFILE',
  ],
  examples: ['source <(engram completions bash)', 'engram completions fish > ~/.config/fish/completions/engram.fish'],
  sought_as: ['completion', 'complete', 'autocomplete', 'bash', 'zsh', 'fish', 'powershell'],
  async run({ args, output }) {
    const [shell, ...more] = args.words;
    const script = shell !== undefined && Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (script === undefined || more.length > 0)
      throw usage(`completions takes the name of one shell: ${NAMES.replaceAll('|', ', ')}.`);
    const text = script(completionsOf(all()));
    if (output.json) output.data({ shell, script: text });
    else output.raw(text.trimEnd());
    return EXIT.ok;
  },
});
