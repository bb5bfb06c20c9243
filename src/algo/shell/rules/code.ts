// Code that cannot be read here: written into the command line, decoded, downloaded, or put together from variables.
import { argsOf, type Command, isKnown, nameOf, UNKNOWN } from '../command.ts';
import { danger, type Rule } from '../rule.ts';
import { readsInput, SHELLS } from '../unwrap.ts';

/** Flags by which an interpreter takes code, and those that take another value. */
const INLINE: readonly { name: RegExp; flag: RegExp; values?: RegExp }[] = [
  { name: /^(?:python|pypy)[\d.]*$/, flag: /^-[a-zA-Z]*c/, values: /^-[a-zA-Z]*[WX]$/ },
  { name: /^perl[\d.]*$/, flag: /^-[a-zA-Z0-9]*[eE]/ },
  { name: /^ruby[\d.]*$/, flag: /^-[a-z]*e/ },
  { name: /^(?:node|nodejs)$/, flag: /^(?:-[pe]+|--eval|--print)(?:=|$)/, values: /^(?:-r|--require|--import)$/ },
  { name: /^bun$/, flag: /^(?:-[pe]+|--eval|--print)(?:=|$)/ },
  { name: /^lua(?:jit)?[\d.]*$/, flag: /^-e/ },
  { name: /^php[\d.]*$/, flag: /^-[rBE]/ },
  { name: /^(?:Rscript|R)$/, flag: /^-e/ },
  { name: /^(?:tclsh|expect)$/, flag: /^-c/ },
  { name: /^osascript$/, flag: /^-e/ },
]; // biome-ignore format: a table

const inline: Rule = (command) => {
  const name = nameOf(command);
  const args = argsOf(command);
  const code = danger('code.inline', 'opaque', `${name} runs code from the command line, which is not checked.`);
  if (name === 'deno') return args[0] === 'eval' ? code : null;
  const how = INLINE.find((one) => one.name.test(name));
  if (!how) return null;
  for (let at = 0; at < args.length && args[at]!.startsWith('-'); at++) {
    // What follows -m belongs to the module.
    if (how.flag.test(args[at]!) && !/^-[a-zA-Z]*m/.test(args[at]!)) return code;
    if (/^-m/.test(args[at]!)) return null;
    if (how.values?.test(args[at]!)) at++;
  }
  return null;
};

const DECODERS = /^(?:base64|base32|basenc|xxd|uudecode|openssl|gunzip|zcat|rev|tr|gpg)$/;
const decodes = (command: Command): boolean => {
  const name = nameOf(command);
  const args = argsOf(command);
  if (/^(?:base64|base32|basenc)$/.test(name)) return args.some((arg) => /^-[a-zA-Z]*[dD]|^--d/.test(arg));
  if (name === 'xxd') return args.some((arg) => /^-[a-z]*r/.test(arg));
  if (name === 'openssl' || name === 'gpg') return args.some((arg) => /^--?d/.test(arg));
  if (name === 'printf' || name === 'echo')
    return args.some((arg) => /\\(?:x[0-9a-fA-F]|[0-7]{2,3}|u[0-9a-fA-F])/.test(arg));
  return DECODERS.test(name);
};
const downloads = (command: Command): boolean =>
  /^(?:curl|wget|fetch|http|https|lwp-request|aria2c|nc|ncat)$/.test(nameOf(command));

/** The commands that what it reads has come through. */
function sources(command: Command, seen = new Set<Command>()): Command[] {
  for (const input of command.input) {
    if (seen.has(input)) continue;
    seen.add(input);
    sources(input, seen);
  }
  return [...seen];
}

const hidden = (from: readonly Command[], what: string) =>
  from.some(downloads)
    ? danger('code.downloaded', 'destructive', `${what} runs what it downloads, unseen.`)
    : from.some(decodes)
      ? danger('code.decoded', 'destructive', `${what} runs what it decodes, unseen.`)
      : null;

const INTERPRETER = /^(?:python|pypy|perl|ruby|node|nodejs|bun|deno|lua|php)[\d.]*$/;

const piped: Rule = (command) => {
  const name = nameOf(command);
  if (!SHELLS.has(name) && !INTERPRETER.test(name) && name !== 'source' && name !== '.') return null;
  if (INTERPRETER.test(name) && command.stdin !== null && readsInput(command))
    return danger('code.inline', 'opaque', `${name} runs code from the command line, which is not checked.`);
  const inner = command.words.slice(1).flatMap((word) => word.inner);
  const given = command.redirects.flatMap(({ target }) => target.inner);
  return hidden([...(readsInput(command) ? sources(command) : []), ...inner, ...given], name);
};

/** Programs that are known to print settings for the shell that asks them. */
const PRINTS_SETTINGS =
  /^(?:ssh-agent|direnv|brew|pyenv|rbenv|nodenv|goenv|starship|opam|dircolors|fnm|zoxide|keychain|minikube|docker-machine|thefuck|register-python-argcomplete|mise|asdf|atuin|luarocks|kubectl|gh|conda|micromamba)$/;

const evaluated: Rule = (command) => {
  if (nameOf(command) !== 'eval') return null;
  const words = command.words.slice(1);
  const inner = words.flatMap((word) => word.inner);
  const bad = hidden(inner, 'eval');
  if (bad) return bad;
  const unread =
    words.some(({ text }) => text.includes(UNKNOWN)) &&
    !(inner.length > 0 && inner.every((one) => PRINTS_SETTINGS.test(nameOf(one))));
  return unread ? danger('code.eval', 'opaque', 'eval runs what is only known when it runs.') : null;
};

/** A name that only running the script would tell. */
const indirect: Rule = (command) => {
  const [first] = command.words;
  if (!first || isKnown(first.text)) return null;
  return hidden(first.inner, 'The command');
};

export const codeRules: readonly Rule[] = [inline, piped, evaluated, indirect];
