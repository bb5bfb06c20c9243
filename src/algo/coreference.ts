// Who "she" and "it" are: the subject of the sentence before, where nothing else in it could be meant.

export interface Antecedent {
  readonly text: string;
  readonly kind: 'person' | 'thing' | 'group';
}

const NOT_A_NAME = new Set(['The', 'A', 'An', 'This', 'That', 'These', 'Those', 'There', 'Here', 'It', 'He', 'She', 'They', 'We', 'I', 'You', 'My', 'Our', 'Your', 'His', 'Her', 'Their', 'Its', 'What', 'Which', 'Who', 'When', 'Where', 'Why', 'How', 'If', 'And', 'But', 'Or', 'So', 'Then', 'Also', 'However', 'Yes', 'No', 'Not', 'Please', 'Thanks', 'Today', 'Yesterday', 'Tomorrow', 'Now', 'Later', 'After', 'Before', 'During', 'While', 'Since', 'Because', 'In', 'On', 'At', 'For', 'From', 'With', 'By', 'To', 'As', 'Of', 'All', 'Some', 'Many', 'Most', 'Every', 'Each', 'Both', 'One', 'Two', 'Next', 'Last', 'First', 'Finally', 'Meanwhile', 'Everyone', 'Someone', 'Nobody', 'Anyone', 'Everything', 'Nothing', 'Something', 'Let', 'Note', 'Only', 'Just', 'Once', 'Until', 'Unless', 'Although', 'Though', 'Instead', 'Maybe', 'Perhaps', 'Actually', 'Currently', 'Recently', 'Soon']); // biome-ignore format: a list
const DAYS =
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day$|^(?:January|February|March|April|May|June|July|August|September|October|November|December)$/;
/** Words of names of machines and programs. */
const SYSTEM_WORD =
  /\b(?:DB|API|CI|CD|SDK|CLI|UI|URL|Server|Service|Database|Project|Redis|Postgres\w*|MySQL|SQLite|Kafka|Docker|Kubernetes|Node|Nginx|Staging|Production|Logs?)\b|\d|\p{Ll}\p{Lu}|^\p{Lu}{2,}$/u;

export const isName = (word: string): boolean =>
  /^\p{Lu}[\p{L}\p{M}'’-]*$/u.test(word) && !NOT_A_NAME.has(word) && !DAYS.test(word);

/** One to three capitalised words that do not look like a program. */
export const isPersonName = (words: string): boolean => {
  const all = words.split(' ');
  return all.length <= 3 && all.every(isName) && !SYSTEM_WORD.test(words);
};

const PLURAL = /(?:[^s]s|people|children|team|folks)$/i;
const OPENING_NAME = /^((?:\p{Lu}[\p{L}\p{M}\p{N}'’.-]*\s+){1,3}?)(?=\p{Ll})/u;
const OPENING_NOUN =
  /^((?:[Tt]he|[Oo]ur|[Mm]y)\s+(?:[\p{L}\p{N}_./-]+\s+){1,4}?)(?=(?:is|was|are|were|has|had|have|will|can|does|did|uses?|used|runs?|ran|listens?|depends?|supports?|lives?|works?|needs?|requires?|contains?|stores?|reads?|writes?|returns?|handles?|\p{L}+ed)\s)/u;
const THING_VERB =
  /^(?:runs?|listens?|depends?|supports?|stores?|handles?|returns?|requires?|contains?|exposes?|serves?)\b/;
/** A name after such a word is a place, a firm or a date, or belongs to what stands before it. */
const AFTER_PREPOSITION =
  /\b(?:in|at|from|to|of|for|on|near|into|by|via|since|until|as|using|uses|under)\s+(?:the\s+|a\s+|an\s+)?$/i;

/** @returns null when the sentence has no clear subject, or could also speak of somebody else */
export function antecedentOf(sentence: string): Antecedent | null {
  const noun = OPENING_NOUN.exec(sentence)?.[1]?.trim();
  if (noun) {
    if (othersIn(sentence.slice(noun.length))) return null;
    return { text: noun, kind: PLURAL.test(noun) ? 'group' : 'thing' };
  }
  const name = OPENING_NAME.exec(sentence)?.[1]?.trim();
  if (!name || NOT_A_NAME.has(name.split(' ')[0]!) || DAYS.test(name) || /[.]$/.test(name)) return null;
  const rest = sentence.slice(name.length).trimStart();
  if (/^(?:and|or|,)/.test(rest) || othersIn(rest)) return null;
  if (isPersonName(name) && !THING_VERB.test(rest)) return { text: name, kind: 'person' };
  return { text: name, kind: 'thing' };
}

/** Whether further names stand where people stand. */
function othersIn(rest: string): boolean {
  for (const match of rest.matchAll(/(?<![\p{L}\p{N}.'’-])\p{Lu}[\p{L}'’-]*/gu)) {
    const before = rest.slice(0, match.index);
    if (AFTER_PREPOSITION.test(before) || /\p{Lu}[\p{L}\p{N}'’.-]*\s+$/u.test(before)) continue;
    if (isPersonName(match[0]) && !/["“(]$/.test(before)) return true;
  }
  return false;
}

const OPENING_PRONOUN = /^(he|she|it|they|his|her|its|their|him|them|this|that|these|those)(?=['’\s])/i;
const INNER_PRONOUN = /\b(?:he|she|him|them|they)\b/i;

/** The pronoun that a sentence opens with and that needs the sentence before; null when it stands by itself. */
export function openingPronoun(sentence: string): string | null {
  const word = OPENING_PRONOUN.exec(sentence)?.[1]?.toLowerCase() ?? null;
  // "This week", "that day", "it is raining" and "it takes an hour to …" speak of nothing before.
  if (word !== null && /^(?:this|that|these|those)$/.test(word))
    return /^\S+\s+(?:morning|afternoon|evening|week|month|year|day|time|spring|summer|autumn|fall|winter)\b/i.test(
      sentence,
    )
      ? null
      : word;
  return word;
}

/**
 * The sentence with its opening pronoun replaced by what it stands for.
 * @returns null when that is not clear
 */
export function withSubject(sentence: string, before: Antecedent | null): string | null {
  const word = openingPronoun(sentence);
  if (word === null) return sentence;
  if (before === null) return null;
  const fits =
    (/^(?:he|she|his)$/.test(word) && before.kind === 'person') ||
    (word === 'her' && before.kind === 'person' && /^her\s+\p{Ll}/iu.test(sentence)) ||
    (/^its?$/.test(word) && before.kind === 'thing') ||
    (/^(?:they|their)$/.test(word) && before.kind === 'group');
  if (!fits) return null;
  const rest = sentence.slice(word.length);
  if (/^(?:his|her|its|their)$/.test(word)) {
    const owner = upperFirst(before.text);
    return `${owner}${/s$/.test(owner) && before.kind === 'group' ? '’' : '’s'}${rest}`;
  }
  const short = /^['’](s|re|ve|d|ll)\b/.exec(rest)?.[1];
  const full = short && { s: ' is', re: ' are', ve: ' have', d: ' would', ll: ' will' }[short];
  // "He's been" is "has been".
  const verb = full === ' is' && /^['’]s\s+(?:been|had|got|\p{L}+ed)\b/u.test(rest) ? ' has' : full;
  return `${upperFirst(before.text)}${verb === undefined || verb === '' ? rest : verb + rest.slice(short!.length + 1)}`;
}

/** Whether people are spoken of further on whom this sentence does not name. */
export const leansOnOthers = (sentence: string): boolean => {
  const match = INNER_PRONOUN.exec(sentence);
  if (!match) return false;
  // "Alice said she will come": named in the sentence itself.
  return !/(?<![\p{L}.])\p{Lu}\p{Ll}+/u.test(sentence.slice(0, match.index).replace(/^\S+\s*$/, ''));
};

const upperFirst = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
