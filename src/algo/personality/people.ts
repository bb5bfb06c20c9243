// Whom a word means: the user, somebody by name, or no person at all.
import { THE_USER } from './types.ts';

const list = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

/** Software, makers and places that stand where a name could. */
const THINGS =
  list(`ai airflow amazon android angular ansible apache api apple arch astro aws azure babel bash biome blender
  bootstrap bun caddy cassandra celery chatgpt chrome chromium claude clang clickhouse cloudflare codex copilot cron
  cursor cypress debian deno discord django docker drizzle elasticsearch electron elixir elm engram erlang eslint
  ethereum excel express facebook fastapi fedora figma firebase firefox flask flutter git github gitlab gmail go golang
  google gpt gradle grafana graphql hadoop haskell helm heroku hono instagram intel ios jenkins jest jira jquery json
  kafka keycloak kubernetes kysely lambda laravel linear linkedin linux lua macos mariadb maven memcached mercurial meta
  microsoft mocha mongo mongodb mysql neovim netflix netlify next nginx nix node nodejs notion npm nvidia ollama onnx
  openai oracle outlook pandas perl php playwright pnpm podman postgres postgresql prettier prisma prometheus puppeteer
  pytest python pytorch rabbitmq rails react reddit redis redux rollup ruby rust safari sass scala selenium sentry
  servicenow slack solidity spark splunk spotify spring sqlite stripe supabase svelte swift tailwind telegram tensorflow
  terraform tesla tomcat twitter typescript ubuntu unity unix vercel vim vite vitest vscode vue webpack whatsapp windows
  wordpress xcode yaml yarn youtube zed zig zod zoom
  africa america asia australia austria belgium brazil britain canada china denmark england europe finland france germany
  india ireland italy japan mexico netherlands norway poland portugal russia scotland spain sweden switzerland turkey
  uk ukraine us usa`);

/** Words that begin a sentence with a capital, and parts of systems that "prefer" and "decide". */
const COMMON =
  list(`a about above actually after again agent agents all although always an and another any anyone app apps
  architecture are as assistant at backend bad based because before being best better both bot browser build builds but by
  cache can category ci client cluster code commit compiler config configuration container context core customers cron
  daemon data database date day db decision default demo deploy deployment design despite detector developers did do docs
  documentation does each editor either engine error even event every everybody everyone everything example experts fact
  failure feature few file filter final finally first fix for framework friday from frontend function gateway goal good
  great hardware he headers her here hi his history honestly how however human humans i idea identity if image important in
  index info input instead internet is issue issues it its job jobs just kernel key kids last lately latency later layer
  having being seeing making getting going doing taking loving using bet hope keep gonna gotta can could must might feel feels looks sounds seems let library life like linter listener load log logs love machine main management many maybe meanwhile memory message
  middleware migration model models module monday more most motivation music my nature network never new next nice no
  nobody node nodes none not note nothing now number of often oh ok okay old on once one only operator opinion or order
  other others our output overall package page parser part people performance person personality pipeline platform please
  plugin policy pool port preference process processes product production program programmers project projects protocol
  proxy quality query queue reason recently release report request research response result results retry review router rule
  runner runtime saturday schedule scheduler schema scientists script search security server servers service services she
  since site so some somebody someone something sometimes soon source state status still storage studies such summary sunday
  suppose sure survey switch system systems table task tasks teams test tests thank thanks that the their them then there
  these they thing things this those though thread thursday to today tomorrow tool tools topic traffic tuesday type
  under unfortunately unless until update upgrade user users value values version very video volume was we wednesday
  well what whatever when where whether which while who why widget window with without word work worker workers world would
  wow yes yesterday yet you your
  january february march april may june july august september october november december`);

/** What stands before a colon like a speaker, and whose words they are; null: nobody's. */
const ROLES: ReadonlyMap<string, string | null> = new Map([
  ['user', THE_USER],
  ['human', THE_USER],
  ['me', THE_USER],
  ['assistant', null],
  ['agent', null],
  ['ai', null],
  ['bot', null],
  ['system', null],
]);

/** "Ann", "Mary Ann Lee", "O'Brien"; not "PostgreSQL", "API", "Redis", "Maybe". */
export function isPerson(name: string): boolean {
  const parts = name.split(' ');
  return parts.every((part) => {
    const word = part.toLowerCase().replace(/[.'’]s?$/, '');
    if (THINGS.has(word) || COMMON.has(word) || /\p{Ll}{3}ing$/u.test(part)) return false;
    return /^\p{Lu}(?:\p{Ll}+|['’]\p{Lu}\p{Ll}+|\p{Ll}{1,2}\p{Lu}\p{Ll}+|\.)?(?:-\p{Lu}\p{Ll}+)?$/u.test(part);
  });
}

/** @returns whose words they are: a name, the user's, or null for nobody's (a machine's) */
export function speakerOf(label: string): { person: string | null } | undefined {
  const word = label.toLowerCase();
  if (ROLES.has(word)) return { person: ROLES.get(word)! };
  return isPerson(label) ? { person: label } : undefined;
}

export interface Voices {
  /** Who "I" is; null when a machine speaks. */
  readonly speaker: string | null;
  /** Who "she", "he" or "they" is; null when nobody was named. */
  readonly mentioned: string | null;
}

/** @returns whom the word means; null when that is no person, or nobody knows who */
export function personOf(word: string, { speaker, mentioned }: Voices): string | null {
  const plain = word.replace(/['’]s?$/, '');
  const lower = plain.toLowerCase();
  if (/^(?:i|me|my|mine|myself|we|us|our|ours)$/.test(lower)) return speaker;
  if (/^(?:(?:the|this) )?user$/.test(lower)) return THE_USER;
  if (lower === 'the team' || lower === 'our team') return speaker;
  if (/^(?:he|him|his|she|her|hers|they|them|their)$/.test(lower)) return mentioned;
  return isPerson(plain) ? plain : null;
}
