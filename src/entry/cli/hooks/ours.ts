// What in an agent's configuration was written by this program, whichever version of it and wherever it lay then.
import { HOOK_AGENTS } from '../../hook.ts';

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const AGENT = HOOK_AGENTS.join('|');
const CALLS_US = /(?:^|[\\/"'\s])engram(?:-cli)?(?:\.exe)?["']?\s+hook\s+\S/i;
const ENDS_LIKE_US = new RegExp(`\\bhook (?:${AGENT}) [a-z-]+$`);
const OUR_URL = new RegExp(`^https?://[^/]+(?:/.*)?/hooks/(?:${AGENT})$`);

const textsIn = (list: unknown): string[] =>
  Array.isArray(list) ? list.filter((one): one is string => typeof one === 'string') : [];

export function isOurHook(handler: unknown): boolean {
  if (!isObject(handler)) return false;
  if (handler.type === 'http') return typeof handler.url === 'string' && OUR_URL.test(handler.url);
  const command = typeof handler.command === 'string' ? handler.command : '';
  const whole = [command, ...textsIn(handler.args)].join(' ').trim();
  return CALLS_US.test(whole) || ENDS_LIKE_US.test(whole);
}

export function isOurServer(server: unknown): boolean {
  if (!isObject(server)) return false;
  const command = Array.isArray(server.command) ? textsIn(server.command) : textsIn([server.command]);
  const words = [...command, ...textsIn(server.args)];
  return words.at(-1) === 'mcp' && words.some((word) => /engram|main\.ts$/i.test(word));
}
