// Pairs of texts for what tells repeats from changes: true repeats, written otherwise, and near-misses, which differ in
// the one thing that matters. The same seed gives the same pairs.

/** The second text is stored when the first is there. */
export interface TextPair {
  kind: string;
  first: string;
  second: string;
}

/** Numbers from 0 up to 1 that follow from the seed (mulberry32). */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const list = (text: string): string[] => text.trim().split(/\s+/);
const NAMES = list(
  'Alice Bob Carol David Erika Farid Grace Hiro Ines Jonas Kofi Lena Marta Nils Olga Pedro Quinn Rosa Samir Tomoko Uwe Vera Wanda Yusuf Zoé',
);
const PLACES = list('Paris Berlin Osaka Lima Oslo Nairobi Toronto Lisbon Prague Austin Zürich Kraków');
const TOOLS = list('Postgres Redis Kafka Nginx Grafana Terraform Jenkins Docker Caddy Ansible Vault Consul');
const THINGS = list('tea coffee juice bread cheese rice soup salad apples pears grapes lemons olives honey');
const PARTS = list('billing search login export payment reporting mail upload booking inventory');
const MONTHS = list('January February March April May June July August September October November December');
const OPPOSITES = [
  'enabled disabled', 'open closed', 'public private', 'required optional', 'allowed forbidden', 'fast slow',
  'increased decreased', 'accepted rejected', 'synchronous asynchronous', 'safe unsafe', 'early late', 'online offline',
].map((pair) => pair.split(' ') as [string, string]); // biome-ignore format: a list

/** A sentence with slots: `{name}`, `{name2}`, `{n}` and so on; `{list}` is three things or more. */
const SENTENCES = [
  'The {part} service listens on port {n} behind {tool}.',
  '{name} told {name2} that the {part} rollout is {state}.',
  '{name} owes {name2} {n} euros for the trip to {place}.',
  'The meeting with {name} takes place on {day} {month} {year} at {hour}:{minute} in {place}.',
  'Version {n}.{minute}.{hour} of {tool} is {state} in production since {year}-0{digit}-1{digit}.',
  '{name} bought {list} at the market in {place}.',
  'The {part} team uses {tools} for its deployments.',
  'In {place}, {name} manages the {part} project and reports to {name2}.',
  'Backups of the {part} database are {state} and take {n} minutes.',
  'The config lives in /etc/{part}/app-{n}.toml and is {state} by default.',
  '{name} prefers {thing} to {thing2} in the morning.',
  'Please remember that {list} are on the shopping list of {name}.',
  'During the incident on {day} {month} the {part} queue held {n} jobs, which {name} restarted by hand.',
  'El servicio de {part} usa {tool} en el puerto {n}.',
  'Der Dienst {part} läuft seit {year} auf {tool} in {place}.',
  '{part}サービスは{place}で{tool}を使い、ポートは{n}です。',
  '{name}在{place}买了{n}本书，{name2}付了钱。',
];
type Slots = Record<string, string>;

function choices(chance: () => number) {
  const one = <T>(from: readonly T[]): T => from[Math.floor(chance() * from.length)]!;
  const several = (from: readonly string[], count: number): string[] => {
    const rest = [...from];
    return Array.from({ length: count }, () => rest.splice(Math.floor(chance() * rest.length), 1)[0]!);
  };
  const number = (from: number, to: number): number => from + Math.floor(chance() * (to - from + 1));
  return { one, several, number };
}
type Choices = ReturnType<typeof choices>;

const joined = (items: readonly string[]): string => `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;

function slotsOf({ one, several, number }: Choices): Slots {
  const [name, name2] = several(NAMES, 2);
  const [thing, thing2] = several(THINGS, 2);
  return {
    name, name2, thing, thing2,
    part: one(PARTS), tool: one(TOOLS), place: one(PLACES), month: one(MONTHS), state: one(OPPOSITES)[0],
    n: String(number(11, 9_999)), day: String(number(1, 28)), year: String(number(2019, 2031)),
    hour: String(number(10, 23)), minute: String(number(10, 59)), digit: String(number(1, 9)),
    list: several(THINGS, number(3, 5)).join('|'), tools: several(TOOLS, number(3, 5)).join('|'),
  } as Slots; // biome-ignore format: a table
}

const LISTS = ['list', 'tools'];
function fill(sentence: string, slots: Slots): string {
  return sentence.replace(/\{(\w+)\}/g, (_, slot: string) =>
    LISTS.includes(slot) ? joined(slots[slot]!.split('|')) : slots[slot]!,
  );
}
const has = (sentence: string, slot: string): boolean => sentence.includes(`{${slot}}`);

/** Changes one digit, anywhere; dates and versions stay well-formed enough. */
function otherNumber(text: string, { one, number }: Choices): string {
  const digits = [...text.matchAll(/\d/g)].map(({ index }) => index);
  const at = one(digits);
  return `${text.slice(0, at)}${(Number(text[at]) + number(1, 8)) % 10}${text.slice(at + 1)}`;
}

const NEGATED: readonly (readonly [RegExp, string])[] = [
  [/ is /, ' is not '],
  [/ are /, ' are no longer '],
  [/ uses /, ' never uses '],
  [/ prefers /, " doesn't prefer "],
  [/ bought /, ' never bought '],
  [/ owes /, " doesn't owe "],
  [/ listens /, ' never listens '],
  [/ takes place /, ' does not take place '],
  [/ manages /, ' no longer manages '],
  [/ held /, ' never held '],
  [/ usa /, ' no usa '],
  [/ läuft /, ' läuft nicht '],
  [/使い/, '使わず'],
  [/买了/, '没买'],
];

type Change = (sentence: string, slots: Slots, choose: Choices) => string | null;
const swapped =
  (a: string, b: string): Change =>
  (sentence, slots) =>
    has(sentence, a) && has(sentence, b) ? fill(sentence, { ...slots, [a]: slots[b]!, [b]: slots[a]! }) : null;
const exchanged =
  (slot: string, from: readonly string[]): Change =>
  (sentence, slots, { one }) =>
    has(sentence, slot)
      ? fill(sentence, { ...slots, [slot]: one(from.filter((word) => !Object.values(slots).includes(word))) })
      : null;
const item =
  (slot: string, from: readonly string[]): Change =>
  (sentence, slots, { one }) => {
    if (!has(sentence, slot)) return null;
    const items = slots[slot]!.split('|');
    const out = one(items);
    const other = one(from.filter((word) => !items.includes(word)));
    return fill(sentence, { ...slots, [slot]: items.map((word) => (word === out ? other : word)).join('|') });
  };

const CHANGES: Readonly<Record<string, Change>> = {
  number: (sentence, slots, choose) => {
    const text = fill(sentence, slots);
    return /\d/.test(text) ? otherNumber(text, choose) : null;
  },
  date: (sentence, slots, choose) =>
    exchanged('month', MONTHS)(sentence, slots, choose) ??
    exchanged('day', list('1 2 3 4 5 6 7 8 9 10 11 12 29 30'))(sentence, slots, choose),
  name: (sentence, slots, choose) =>
    exchanged('name', NAMES)(sentence, slots, choose) ?? exchanged('place', PLACES)(sentence, slots, choose),
  negation: (sentence, slots) => {
    const text = fill(sentence, slots);
    const change = NEGATED.find(([pattern]) => pattern.test(text));
    return change ? text.replace(change[0], change[1]) : null;
  },
  antonym: (sentence, slots) => {
    const pair = OPPOSITES.find(([word]) => word === slots.state);
    return has(sentence, 'state') ? fill(sentence, { ...slots, state: pair![1] }) : null;
  },
  noun: (sentence, slots, choose) =>
    choose.one([
      exchanged('part', PARTS),
      exchanged('tool', TOOLS),
      exchanged('thing', THINGS),
      item('list', THINGS),
      item('tools', TOOLS),
    ])(sentence, slots, choose),
  roles: (sentence, slots, choose) =>
    swapped('name', 'name2')(sentence, slots, choose) ?? swapped('thing', 'thing2')(sentence, slots, choose),
};

const CLAUSES = [
  ', as mentioned', ', as mentioned before', ', as already noted', ' (see above)', ' FYI', ', FYI', ', by the way',
  ', as we discussed', ', as I said earlier', ' - for your information', ', as described above', ' (for the record)',
  ', as previously stated', '; for reference, see below',
]; // biome-ignore format: a list

function punctuated(text: string, { one }: Choices): string {
  return one<(text: string) => string>([
    (s) => s.replace(/[.。]$/, ''),
    (s) => s.replace(/[.。]$/, '!'),
    (s) => `"${s}"`,
    (s) => s.replace(/[.。]$/, '...'),
    (s) => `- ${s}`,
    (s) => s.replace(/, /g, ' – '),
    (s) => s.replace(/\.$/, ' .'),
  ])(text);
}

const REWRITINGS: Readonly<Record<string, Change>> = {
  // Paths keep their case: there it matters.
  case: (sentence, slots, { one }) => {
    const text = fill(sentence, slots);
    const change = one([(s: string) => s.toLowerCase(), (s: string) => s.toUpperCase()]);
    return text
      .split(' ')
      .map((word) => (word.includes('/') ? word : change(word)))
      .join(' ');
  },
  spacing: (sentence, slots, { one }) =>
    fill(sentence, slots).replace(/ /g, () => one([' ', '  ', '\n', ' \u00a0', '\t'])),
  punctuation: (sentence, slots, choose) => punctuated(fill(sentence, slots), choose),
  list: (sentence, slots, { several }) => {
    const slot = LISTS.find((name) => has(sentence, name));
    if (slot === undefined) return null;
    const items = slots[slot]!.split('|');
    return fill(sentence, { ...slots, [slot]: several(items, items.length).join('|') });
  },
  clause: (sentence, slots, { one }) => `${fill(sentence, slots).replace(/[.。]$/, '')}${one(CLAUSES)}.`,
  several: (sentence, slots, choose) =>
    punctuated(REWRITINGS.clause!(sentence, slots, choose)!, choose).replace(/^\p{Lu}/u, (c) => c.toLowerCase()),
};

function pairsOf(changes: Readonly<Record<string, Change>>, count: number, seed: number): TextPair[] {
  const choose = choices(seededChance(seed));
  const kinds = Object.keys(changes);
  const pairs: TextPair[] = [];
  for (let turn = 0; pairs.length < count; turn++) {
    const kind = kinds[turn % kinds.length]!;
    for (;;) {
      const sentence = choose.one(SENTENCES);
      const slots = slotsOf(choose);
      const first = fill(sentence, slots);
      const second = changes[kind]!(sentence, slots, choose);
      if (second === null || second === first) continue;
      pairs.push({ kind, first, second });
      break;
    }
  }
  return pairs;
}

/** Pairs that say different things: one number, date, name, negation or noun changed, or roles swapped. */
export const nearMisses = (count: number, seed: number): TextPair[] => pairsOf(CHANGES, count, seed);

/** Pairs that say the same: other case, spacing, punctuation or order of a list, or a remark added. */
export const trueRepeats = (count: number, seed: number): TextPair[] => pairsOf(REWRITINGS, count, seed);
