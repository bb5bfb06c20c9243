// Names with a shape of their own: addresses, hosts, files, variables, code, tickets, repositories.
import type { EntityType, Found } from './types.ts';

interface Shape {
  readonly type: EntityType;
  readonly pattern: RegExp;
  /** Group 1 is the name; without one the whole match. */
  readonly accept?: (name: string, before: string, after: string) => boolean;
}

const TOP_LEVEL =
  'com|org|net|io|dev|app|ai|co|edu|gov|info|cloud|tech|de|at|ch|uk|us|eu|fr|es|it|nl|se|no|fi|dk|pl|jp|in|au|ca|br|prod|internal|local|lan|corp|intra|test|example|staging|home';
const FILE_ENDS =
  'ts|tsx|js|jsx|mjs|cjs|json|jsonl|ya?ml|toml|md|txt|py|rs|go|java|kt|rb|php|c|h|cpp|hpp|cs|sh|sql|db|csv|log|conf|cfg|ini|env|lock|html|css|scss|xml|pdf|png|jpe?g|zip|gz|tar|ipynb|onnx|service|proto|tf';
const HOST = String.raw`(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,6}(?:${TOP_LEVEL})`;
/** Upper-case words with a number that are no tickets. */
const NO_TICKET =
  /^(?:UTF|SHA|MD|ISO|RFC|GPT|COVID|AES|RSA|TLS|HTTP|IPV|USB|MP|H|CVE|PEP|CP|UTC|GMT|BASE|WIN|RTX|GTX|ES|ECMA|LGA|DDR|PS|F|B|A)-/;
const PORT = /^\d{1,5}$/;

/** Tried in this order; what one has taken is not looked at again. */
const SHAPES: readonly Shape[] = [
  { type: 'url', pattern: /\b(?:https?|ftp|wss?|ssh|postgres(?:ql)?|redis|mongodb|amqp|git):\/\/[^\s<>"'`)\]}]*[^\s<>"'`)\]}.,;:!?]/gi },
  { type: 'email', pattern: /(?<![\w.+-])[\w.+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,24}\b/gi },
  { type: 'tool', pattern: /(?<![\w@/.])@[a-z0-9][\w.-]*\/[a-z0-9][\w.-]*[\w]/g },
  { type: 'path', pattern: /\b[A-Za-z]:\\(?:[^\s\\/:*?"<>|]+\\)*[^\s\\/:*?"<>|,;]*[^\s\\/:*?"<>|,;.]/g },
  { type: 'path', pattern: /(?<![\w.$~/:<])(?:~|\.{1,2}|\$\{?[A-Z_]+\}?)?\/(?:[\w.@+-]+\/)+[\w.@+-]*[\w/]/g, accept: (name) => /[a-z]/i.test(name) },
  { type: 'path', pattern: /(?<![\w.$~/:])(?:~|\.{1,2}|\$\{?[A-Z_]+\}?)\/[\w.@+-]*[\w]/g },
  { type: 'path', pattern: /(?<![\w.$~/:])\/(?:etc|var|usr|opt|tmp|home|srv|data|mnt|root|dev|proc|bin)\b(?!\/)/g },
  { type: 'path', pattern: new RegExp(String.raw`(?<![\w.$~/:-])(?:[\w.@+-]+/)+[\w.@+-]+\.(?:${FILE_ENDS})\b(?![.\w/])`, 'g') },
  { type: 'path', pattern: new RegExp(String.raw`(?<![\w.$~/:@-])\.?[A-Za-z_][\w-]*(?:\.[\w-]+)*\.(?:${FILE_ENDS})\b(?![.\w/(:]\w)`, 'g'), accept: (name) => !/^(?:e\.g|i\.e|next\.js|vue\.js|node\.js|bun\.js|three\.js|d3\.js)$/i.test(name) && !new RegExp(`^${HOST}$`, 'i').test(name) },
  { type: 'server', pattern: /(?<![\w.:])((?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3})(?![\w.]*\d\.|\.\d|\w)(?::\d{1,5}\b)?/g },
  { type: 'server', pattern: /(?<![\w:.])(?:[0-9a-f]{1,4}:){3,7}[0-9a-f]{1,4}(?![\w:])|(?<![\w:.])[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*::[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*(?![\w:])/gi, accept: (name) => /[a-f]|::/i.test(name) },
  { type: 'server', pattern: new RegExp(String.raw`(?<![\w.@/-])(${HOST})(?![\w-]|\.\w)(?::\d{1,5}\b)?`, 'gi'), accept: (name) => !/^(?:e\.g|i\.e|next\.js|socket\.io|asp\.net|ml\.net)$/i.test(name) && !/^\d+(?:\.\d+)*$/.test(name) },
  { type: 'server', pattern: /(?<![\w.@/:-])(localhost):\d{1,5}\b/g },
  { type: 'server', pattern: /(?<![\w.@/-])((?:[a-z]+-){0,3}(?:db|web|app|api|cache|redis|proxy|lb|node|worker|host|srv|server|vm|mail|mx|ns|dns|gw|bastion|build|ci|gpu|backup|nas|pg|sql|kafka|es|k8s|edge|prod|staging|dev)-?\d{1,3})(?![\w.-]*\w)/g },
  { type: 'ticket', pattern: /(?<![\w-])[A-Z][A-Z0-9]{1,9}-[1-9]\d{0,6}(?![\w-])/g, accept: (name) => !NO_TICKET.test(name) },
  { type: 'ticket', pattern: /(?<![\w/-])(?:(?:PR|issue|bug|ticket)\s+)(#\d{1,7})\b/gi },
  { type: 'env', pattern: /(?<![\w$-])\$?\{?([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\}?(?![\w-])/g },
  { type: 'code', pattern: /`([^`\s]{2,80})`/g, accept: (name) => /^[A-Za-z_$][\w$.:#<>[\]()-]*$/.test(name) && /[A-Za-z]{2}/.test(name) },
  { type: 'code', pattern: /(?<![\w./@$-])([A-Za-z_][\w.]*)\(\)/g, accept: (name) => name.length > 2 },
  { type: 'code', pattern: /(?<![\w./@$#-])([a-z][a-z0-9]*[A-Z][A-Za-z0-9]*|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+){2,})(?![\w/-]|\.\w)/g, accept: codeWord },
  { type: 'project', pattern: /(?<![\w./@-])[a-z0-9][a-z0-9-]{1,38}\/[a-z0-9][\w.-]{1,98}[\w](?![\w/])/gi, accept: repository },
]; // biome-ignore format: a row per shape

/** camelCase, but not iPhone, and not McDonald or YouTube. */
function codeWord(name: string): boolean {
  return /^[a-z]/.test(name) ? /^[a-z]{2,}[A-Z][a-z]/.test(name) || /^(?:is|to|on)[A-Z][a-z]/.test(name) : true;
}

/** `owner/name` has a hyphen, a digit or a dot, or is spoken of as a repository: "client/server" is none. */
function repository(name: string, before: string, after: string): boolean {
  const [owner = '', repo = ''] = name.split('/');
  if (/^\d/.test(owner) || !/[a-z]/i.test(repo) || /^(?:and|or|n|a)$/i.test(repo)) return false;
  if (/\b(?:repo|repository|github|gitlab|fork|clone|cloned)\b[\s:]*$/i.test(before)) return true;
  if (/^\s+(?:repo|repository|on github)\b/i.test(after)) return true;
  return /-/.test(repo) && /^[a-z][\w-]+$/.test(owner) && /\b(?:in|from|of|at|to|use|see|is|on)\s+$/i.test(before);
}

const AROUND = 24;

/** @returns in the order of the text, none inside another, and the text with those places blanked */
export function technicalNames(text: string): { found: Found[]; rest: string } {
  const found: Found[] = [];
  const rest = [...splitUnits(text)];
  let open = text;
  for (const { type, pattern, accept } of SHAPES) {
    for (const match of open.matchAll(pattern)) {
      const name = match[1] ?? match[0];
      const [from, to] = [match.index, match.index + match[0].length];
      if (name.trim() === '' || PORT.test(name)) continue;
      if (accept && !accept(name, text.slice(Math.max(0, from - AROUND), from), text.slice(to, to + AROUND))) continue;
      const start = from + match[0].indexOf(name);
      found.push({ name: type === 'server' ? name.toLowerCase() : name, type, start, end: start + name.length });
      rest.fill('\u0001', from, to);
    }
    open = rest.join('');
  }
  return { found: found.sort((a, b) => a.start - b.start), rest: open };
}

/** One entry per UTF-16 unit, so that places stay what they are. */
const splitUnits = (text: string): string[] => text.split('');
