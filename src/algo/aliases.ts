// Short forms that people and agents use for the same thing: a question about the database means the DB too.
import { porterStem } from './porter.ts';
import { type LexicalQuery, words } from './text.ts';

/** Single words that mean the same in notes about work and computers; the long form comes first. */
const GROUPS: readonly (readonly string[])[] = [
  ['administrator', 'admin'],
  ['application', 'app'],
  ['appointment', 'appt'],
  ['approximately', 'approx'],
  ['apartment', 'apt'],
  ['argument', 'arg'],
  ['authentication', 'auth'],
  ['authorization', 'authz'],
  ['birthday', 'bday'],
  ['command', 'cmd'],
  ['configuration', 'config'],
  ['credential', 'cred'],
  ['database', 'db'],
  ['demonstration', 'demo'],
  ['department', 'dept'],
  ['dependency', 'dep'],
  ['development', 'dev'],
  ['directory', 'dir'],
  ['documentation', 'docs'],
  ['environment', 'env'],
  ['error', 'err'],
  ['executable', 'exe'],
  ['function', 'func', 'fn'],
  ['identifier', 'id'],
  ['implementation', 'impl'],
  ['information', 'info'],
  ['international', 'intl'],
  ['javascript', 'js'],
  ['kubernetes', 'k8s'],
  ['language', 'lang'],
  ['library', 'lib'],
  ['management', 'mgmt'],
  ['manager', 'mgr'],
  ['maximum', 'max'],
  ['memory', 'mem'],
  ['message', 'msg'],
  ['minimum', 'min'],
  ['number', 'num'],
  ['package', 'pkg'],
  ['parameter', 'param'],
  ['password', 'pwd'],
  ['photograph', 'photo'],
  ['postgresql', 'postgres'],
  ['production', 'prod'],
  ['python', 'py'],
  ['reference', 'ref'],
  ['refrigerator', 'fridge'],
  ['repository', 'repo'],
  ['requirement', 'req'],
  ['server', 'srv'],
  ['specification', 'spec'],
  ['statistics', 'stats'],
  ['synchronization', 'sync'],
  ['temperature', 'temp'],
  ['temporary', 'tmp'],
  ['typescript', 'ts'],
  ['utility', 'util'],
  ['variable', 'var'],
  ['version', 'ver'],
];

const GROUP_OF_STEM: ReadonlyMap<string, readonly string[]> = new Map(
  GROUPS.flatMap((group) => group.map((word) => [porterStem(word), group] as const)),
);

/** The query with the other forms of its words beside them; itself when it has none. */
export function withAliases(query: LexicalQuery): LexicalQuery {
  const known = new Set(query.stems);
  const terms = [...query.terms];
  const stems = [...query.stems];
  for (const stem of query.stems) {
    for (const word of GROUP_OF_STEM.get(stem) ?? []) {
      const other = porterStem(word);
      if (known.has(other)) continue;
      known.add(other);
      terms.push(word);
      stems.push(other);
    }
  }
  return terms.length === query.terms.length ? query : { ...query, terms, stems };
}

/** The text in the long form of each word: two texts that differ in short forms only become the same. */
export const inLongForm = (text: string): string =>
  words(text)
    .map((word) => GROUP_OF_STEM.get(porterStem(word))?.[0] ?? word)
    .join(' ');
