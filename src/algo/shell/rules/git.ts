// Work that git would throw away.
import { argsOf, nameOf } from '../command.ts';
import { danger, type Rule } from '../rule.ts';

const GLOBAL_VALUES = new Set(['-C', '-c', '--git-dir', '--work-tree', '--namespace', '--exec-path', '--config-env']);
const PUSH_VALUES = new Set(['-o', '--push-option', '--receive-pack', '--exec', '--repo']);
const MAIN = /^(?:refs\/heads\/)?(?:main|master)$/;

const git: Rule = (command) => {
  if (nameOf(command) !== 'git') return null;
  const args = argsOf(command);
  let at = 0;
  for (; at < args.length && args[at]!.startsWith('-'); at++) if (GLOBAL_VALUES.has(args[at]!)) at++;
  const [verb, ...rest] = args.slice(at);
  if (rest.includes('--help') || rest.includes('-h')) return null;
  if (verb === 'reset' && rest.slice(0, pathsFrom(rest)).some((arg) => /^--har?d?$/.test(arg)))
    return danger('git.reset', 'destructive', 'It throws away every change that is not committed.');
  if (verb === 'push') return push(rest);
  return null;
};

const pathsFrom = (args: readonly string[]): number => (args.includes('--') ? args.indexOf('--') : args.length);

/** A lease protects from overwriting what one has not seen, not from rewriting what everybody has. */
function push(args: readonly string[]): ReturnType<Rule> {
  const operands: string[] = [];
  let forced = false;
  let deletes = false;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    if (PUSH_VALUES.has(arg)) at++;
    else if (arg === '--dry-run' || /^-[a-z]*n/.test(arg)) return null;
    else if (/^--(?:force|force-with-lease|force-if-includes|forc)(?:=|$)/.test(arg) || /^-[a-zA-Z]*f/.test(arg))
      forced = true;
    else if (arg === '--mirror')
      return danger(
        'git.force_push',
        'destructive',
        'It makes the remote the same as here, and deletes branches that are not.',
      );
    else if (arg === '--delete' || /^-[a-z]*d/.test(arg)) deletes = true;
    else if (!arg.startsWith('-')) operands.push(arg);
  }
  const specs = operands.slice(1);
  for (const spec of specs) {
    const [source, target = source] = spec.replace(/^\+/, '').split(':') as [string, string?];
    if (!MAIN.test(target ?? '')) continue;
    if (deletes || source === '')
      return danger('git.delete_branch', 'destructive', `It deletes ${target} from the remote.`);
    if (forced || spec.startsWith('+'))
      return danger('git.force_push', 'destructive', `It rewrites the history of ${target}, which others build on.`);
  }
  const unnamed = specs.length === 0 || specs.some((spec) => /^\+?HEAD$/.test(spec));
  return forced && unnamed
    ? danger('git.force_push', 'risky', 'It rewrites the history of the current branch, which may be the main one.')
    : null;
}

export const gitRules: readonly Rule[] = [git];
