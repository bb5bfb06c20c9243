// Words that tell a feeling, with how pleasant (-1..1) and how stirring (0..1) they are. English. A word stands for all
// words of its stem; `=word` for itself alone; `~word` tells nothing where machines are spoken of.
import { porterStem } from '../porter.ts';

export const EMOTIONS = [
  'joy', 'excitement', 'love', 'gratitude', 'pride', 'relief', 'surprise', 'anger', 'frustration', 'fear', 'sadness', 'disgust',
] as const; // biome-ignore format: a list
export type Emotion = (typeof EMOTIONS)[number];

export interface Entry {
  readonly emotion: Emotion;
  /** Never 0. */
  readonly valence: number;
  readonly arousal: number;
  readonly machines: boolean;
}

const TABLE = `
joy 0.9 0.8: overjoyed, ecstatic, elated, euphoric, jubilant, blissful, rapture
joy 0.8 0.6: happy, happiness, happier, happiest, joy, joyful, delight, delighted, delightful, =wonderful, fantastic, amazing, awesome, superb, marvellous, marvelous, magnificent, fabulous, terrific, =wonderfully, =amazingly, brilliant, =blessed, radiant, yay, woohoo, hooray, hurray, yippee
joy 0.7 0.5: glad, cheerful, merry, joyous, great, excellent, =enjoy, =enjoys, enjoyed, enjoying, enjoyable, enjoyment, fun, laugh, laughter, giggle, smile, grin, lovely, beautiful, gorgeous, breathtaking, stunning, delicious, yummy, tasty, superbly, splendid, congratulations, congrats, congratulate, celebrate, celebration, rewarding, fulfilling, inspiring, =inspired, uplifting, =magical, =perfect, =perfectly, =impress, =impressed, =impressive, outstanding, =exceptional, stellar
joy 0.5 0.4: =pleased, =pleasing, =pleasant, =pleasantly, pleasure, =satisfied, =satisfying, satisfaction, =good, nice, nicely, =cool, =content, contented, sweet, friendly, ~kind, kindness, warm, warmly, charming, cosy, cozy, comfy, funny, hilarious, amusing, amused, playful, ~happily, optimistic, hopeful, encouraging, encouraged, =promising, =positive, ~success, ~successful, ~successfully, ~win, ~winning, ~won, triumph, victory, lucky, fortunate, =better, ~best, =refreshing, =refreshed, thrive, flourish, fond, =favourite, =favorite, =recommend, =helpful, fascinated, =fascinating, =interesting, =intrigued, =neat, =sunny
joy 0.3 0.3: hope, =hopes, =hoping, =trust, =trusting, =confident, =confidence, =motivated, okay, decent, =welcome, =curious
excitement 0.8 0.9: thrilled, thrilling, excited, exciting, excitement, exhilarated, exhilarating, stoked, psyched, =pumped, =hyped, =eager, enthusiastic, enthusiasm, =fired-up
excitement 0.6 0.7: adventure, adventurous, celebratory, energised, energized, energetic, =lively
love 0.9 0.6: love, =loves, =loved, loving, adore, adored, adorable, beloved, cherish, darling, sweetheart, =crush
love 0.6 0.4: =affection, =affectionate, tender, devoted, romantic, romance, hug, hugged, cuddle, kiss, kissed, =caring, =compassion, heartwarming
love 0.5 0.3: =likes, =liked
gratitude 0.7 0.4: thank, thanks, thankful, grateful, gratefully, gratitude, appreciate, appreciated, appreciation, appreciative, indebted
pride 0.8 0.6: proud, proudly, pride, prouder, proudest, accomplished, accomplishment, honoured, honored, triumphant
pride 0.5 0.4: =achievement, =respected, admired, admire, admiration
relief 0.6 0.2: relief, relieved, relieving, luckily, thankfully, fortunately, phew, whew, reassured, reassuring
relief 0.5 0.1: calm, calming, calmly, peaceful, peacefully, peace, relax, relaxed, relaxing, serene, serenity, tranquil, soothing, soothed, comfortable, comforting, comforted, rested, =restful, mellow
surprise 0.2 0.8: surprise, surprised, surprising, surprisingly, astonished, astonishing, amazement, astounded, wow, whoa, omg, stunned, speechless, unbelievable, startling
surprise -0.3 0.8: shocked, shocking, startled, bewildered, dumbfounded, flabbergasted
anger -0.9 0.9: furious, fury, rage, raging, enraged, outraged, outrage, livid, infuriated, infuriating, seething, hatred
anger -0.8 0.8: angry, anger, angrily, angrier, =hate, =hates, =hated, hateful, loathe, despise, detest, =mad, hostile, betrayed, betrayal, betray, =worst, yelled, yelling, shouted, shouting, screamed, screaming, damn, dammit, goddamn, wtf, fuming
anger -0.6 0.7: rude, rudely, insult, insulted, insulting, offended, resent, resentful, resentment, jealous, jealousy, envious, envy, bitter, spite, spiteful, stupid, idiot, idiotic, moron, unfair, unacceptable, scandal, disrespect, disrespectful, arrogant, cheated, ~cheat, liar, quarrel, argument-with, vengeful, mean-spirited, nasty, hell
frustration -0.6 0.7: frustrated, frustrating, frustration, fed-up, annoyed, annoying, annoy, annoyance, irritated, irritating, irritate, aggravating, exasperated, exasperating, overwhelmed, overwhelming, stressed, stressful, =stress, =stressing, hassle, ugh, argh, grr, infuriatingly
frustration -0.5 0.4: complaint, complain, complained, complaining, exhausted, exhausting, exhaustion, =drained, weary, bored, boring, boredom, tedious, tiresome, pointless, useless, nuisance, mess, messy, cumbersome, clumsy, impatient, dissatisfied, unsatisfied, discontent, inconvenient, ruined, ~ruin, ~struggle, ~struggling, ~burden, ~painful, burnout
fear -0.8 0.9: terrified, terrifying, terror, horrified, petrified, panicked, panicking, ~panic, dread, dreaded, dreadful, nightmare, scared, scary, scare, frightened, frightening, frighten, afraid, fearful, phobia
fear -0.6 0.7: fear, =fears, =feared, worried, worry, worrying, worries, worrisome, anxious, anxiety, anxiously, nervous, nervously, nervousness, uneasy, apprehensive, alarmed, alarming, tense, distressed, distress, insecure, dreading, creepy, spooky, paranoid, ~threatened, unsafe, desperate, desperation
fear -0.4 0.4: =concerned, =doubtful, =hesitant, timid, uncertain-about
sadness -0.9 0.5: heartbroken, heartbreaking, devastated, devastating, grief, grieving, grieve, mourn, mourning, despair, miserable, misery, tragic, tragedy, hopeless, suicidal, =gutted
sadness -0.7 0.4: sad, sadness, sadly, sadder, saddest, saddened, cried, crying, =cry, =cries, weep, weeping, wept, sob, sobbing, depressed, depressing, depression, sorrow, sorrowful, lonely, loneliness, upset, upsetting, unhappy, unhappiness, disappointed, disappointing, disappointment, disappoint, melancholy, gloomy, heartache, hurt, hurts, hurtful, guilty, guilt, ashamed, shame, remorse, regret, regretful, regrettable, humiliated, humiliating, homesick, suffer, suffering, suffered, ~died, ~dies, funeral, divorce, ~abandoned, crushed, rejected-by
sadness -0.5 0.3: embarrassed, embarrassing, discouraged, disheartened, ~sorry, unfortunate, unfortunately, bummed, bummer, pity, ~pain, ache, lost-my, ~poor, ~lost, wistful, numb, ~worse, ~sick, ~bad, ~badly, ~lonesome, unwell, alas, sigh
disgust -0.8 0.6: disgusting, disgusted, disgust, revolting, repulsive, repulsed, vile, gross, nauseating, nauseous, sickening, horrible, horribly, horrid, terrible, terribly, =awful, =awfully, appalling, appalled, atrocious, abysmal
disgust -0.5 0.4: yuck, eww, ew, distasteful, unpleasant, foul, filthy, stinks, stink, smelly, ~dirty, ~toxic, creep, ugly, lousy, crap, crappy, shitty, sucks, sucked, =lame, ~garbage, rubbish, dislike, disliked, dislikes
`;

/** Several words that mean something else together; before single words, so that these do not count again. */
const PHRASES = `
excitement 0.8 0.9: can not wait, could not wait, looking forward to, over the moon, on cloud nine, dream come true
joy 0.8 0.6: had a blast, best ever, makes my day, made my day, had a great time, well done, good job, great job, nice work, great work, awesome work, means a lot, feel great, feels great
joy 0.4 0.3: not bad, feel good, feels good
relief 0.6 0.2: feel better, feel much better, what a relief, thank god, thank goodness, weight off, at peace, nothing to worry about, no worries
love 0.9 0.6: in love, love of my life, head over heels
gratitude 0.7 0.4: thank you, many thanks
pride 0.8 0.6: could not be prouder, proud of
surprise 0.2 0.8: did not expect, did not see that coming, out of the blue
anger -0.8 0.8: pissed off, drives me crazy, makes me sick, lost my temper, for fuck
frustration -0.6 0.6: fed up, stressed out, burned out, burnt out, sick of, tired of, waste of time, had enough of, enough of this, at my wits end, on my nerves, bored to death, i give up
fear -0.6 0.7: on edge, freaked out, freaking out, in panic, at my wit
sadness -0.8 0.5: passed away, broke my heart, breaks my heart, in tears, feel down, feeling down, feels down, let me down, feel empty, felt empty, feel lost, felt lost
sadness -0.6 0.4: miss you, miss her, miss him, miss them, miss my, misses her, misses him, misses his, misses my, missed you, missing you, missing her, missing him
`;

/** Say nothing, though a word in them might. */
const IDLE = `
kind of, kinds of, what kind, looks like, look like, feels like, feel like, sounds like, something like, would like, good morning,
good night, good evening, good afternoon, good bye, best practice, best practices, best effort, best match, at best, at least,
good enough for, lost and found, hard to, best friend, thank you note, surprise party, poor man, no good reason, good reason,
good faith, good question, sad path, happy path, happy eyeballs, trust store, root of trust, love letter, worst case, best case,
pride month, pain point, pain points, better than nothing, interesting fact, in good, as good as, at worst, welcome page,
welcome message, welcome email, trust boundary, positive number, positive integer, positive integers, false positive,
false positives, negative number, a good deal of, perfect square, perfect hash, bad request, bad gateway, garbage collection,
garbage collector, dirty flag, dirty bit, dirty read, mean time, cool down, warm up, warm cache, fear of missing, thanks to,
due respect
`;

const split = (text: string): string[] => text.split(/,\s*/).map((word) => word.trim());
const rows = (table: string): { words: string[]; entry: Omit<Entry, 'machines'> }[] =>
  table
    .trim()
    .split('\n')
    .map((line) => {
      const [head, list] = line.split(/:\s*/) as [string, string];
      const [emotion, valence, arousal] = head.split(' ') as [Emotion, string, string];
      return { words: split(list), entry: { emotion, valence: Number(valence), arousal: Number(arousal) } };
    });

const byWord = new Map<string, Entry>();
const byStem = new Map<string, Entry>();
for (const { words, entry } of rows(TABLE))
  for (const written of words) {
    const machines = written.startsWith('~');
    const word = written.replace(/^[=~]/, '').replaceAll('-', ' ');
    byWord.set(word, { ...entry, machines });
    if (!written.startsWith('=')) byStem.set(porterStem(word), { ...entry, machines });
  }

/** Stems that other words have too. */
const MISLEADING = new Set(
  'please pleases kindly neatly fearless lone wonder wonders wondering greatly goodness goods gross grossing'.split(
    ' ',
  ),
);

/** @param word lower case, `'` for apostrophes */
export const feelingOf = (word: string): Entry | undefined =>
  byWord.get(word) ?? (MISLEADING.has(word) ? undefined : byStem.get(porterStem(word)));

export interface Phrase {
  readonly words: readonly string[];
  /** Null: it says nothing. */
  readonly entry: Entry | null;
}
const phrases: Phrase[] = [
  ...rows(PHRASES).flatMap(({ words, entry }) =>
    words.map((phrase) => ({ words: phrase.split(' '), entry: { ...entry, machines: false } })),
  ),
  ...split(IDLE.replaceAll('\n', ' ')).map((phrase) => ({ words: phrase.split(' '), entry: null })),
];
/** By their first word, the longest first. */
export const PHRASES_BY_WORD: ReadonlyMap<string, readonly Phrase[]> = new Map(
  [...Map.groupBy(phrases, ({ words }) => words[0]!)].map(([word, all]) => [
    word,
    all.sort((a, b) => b.words.length - a.words.length),
  ]),
);

const emoji = (emotion: Emotion, valence: number, arousal: number, all: string) =>
  all.split(' ').map((one) => [one, { emotion, valence, arousal, machines: false }] as const);
export const EMOJI: ReadonlyMap<string, Entry> = new Map([
  ...emoji('joy', 0.7, 0.6, '😀 😃 😄 😁 😆 😂 🤣 😊 🙂 😋 😎 ☺ 👍 🌞 😺 :) :-) :D ^^ 🥂 ✨'),
  ...emoji('excitement', 0.8, 0.9, '🎉 🥳 🤩 🎊 🚀 🔥'),
  ...emoji('love', 0.8, 0.6, '❤ 😍 🥰 😘 💕 💖 💗 💙 💚 💜 🧡 💛 🤗 <3 ♥'),
  ...emoji('gratitude', 0.7, 0.4, '🙏'),
  ...emoji('pride', 0.7, 0.6, '💪 🏆 🥇'),
  ...emoji('relief', 0.5, 0.2, '😌 😅'),
  ...emoji('surprise', 0.2, 0.8, '😮 😲 😯 🤯 😱'),
  ...emoji('anger', -0.8, 0.9, '😠 😡 🤬 👿'),
  ...emoji('frustration', -0.6, 0.6, '😤 😒 🙄 😩 😫 😖 🤦 👎'),
  ...emoji('fear', -0.7, 0.8, '😨 😰 😧 😬'),
  ...emoji('sadness', -0.7, 0.4, "😢 😭 😞 😔 ☹ 🙁 😥 💔 😿 :( :-( :'("),
  ...emoji('disgust', -0.7, 0.6, '🤢 🤮'),
]);

/** Factors on the word that follows. */
export const STRESS: ReadonlyMap<string, number> = new Map(
  [
    [1.35, 'absolutely extremely incredibly utterly insanely unbelievably'],
    [1.25, 'very really totally completely deeply truly super terribly awfully seriously genuinely immensely hugely'],
    [1.15, 'so such too quite particularly especially definitely always most'],
    [0.7, 'somewhat rather fairly pretty mildly sort-of sometimes usually relatively'],
    [0.5, 'slightly bit little barely-so kinda vaguely marginally'],
  ].flatMap(([factor, words]) =>
    String(words)
      .split(' ')
      .map((word) => [word, Number(factor)] as const),
  ),
);

const setOf = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

export const NEGATIONS = setOf(
  'not no never nobody none nothing neither nor without hardly barely scarcely cannot lack lacks lacked lacking',
);
/** Between a negation and what it denies; not counted as distance. */
export const LINKING_WORDS = setOf(
  `i you he she it we they my your his her our their a an the to that this is are am was were be been being do does did have
  has had say think believe feel feels felt very particularly really so too all any at exactly quite even much of as`,
);
/** Words that show machines are spoken of. */
export const MACHINES = setOf(
  `server servers process processes thread threads daemon build builds deploy deployed deployment pipeline database db sql
  postgres redis sqlite docker kubernetes pod pods container cluster node nodes api http https request requests response
  endpoint token tokens cache query queries index parser compiler code module function method class variable argument
  arguments config configuration settings setting script scripts commit branch merge repository repo git cpu memory disk
  ram packet packets socket port queue worker workers job jobs cron log logs stack trace handler kernel driver service
  services replica replication table tables schema migration version release library dependency dependencies test tests
  exception error errors bug bugs timeout latency throughput sort match matching graph algorithm array string loop lock
  transaction byte bytes file files folder directory backup snapshot connection connections session network dns tls ssl
  certificate proxy firewall host vm gpu model embedding vector prompt webhook payload json yaml csv tool`,
);
/** Who feels: beside these, words about machines may be about people. */
export const PEOPLE = setOf('i me my we us our he him she her you user customer everyone everybody');
export const OPPOSITE: Readonly<Record<Emotion, Emotion>> = {
  joy: 'sadness',
  excitement: 'sadness',
  love: 'frustration',
  gratitude: 'frustration',
  pride: 'sadness',
  relief: 'fear',
  surprise: 'surprise',
  anger: 'relief',
  frustration: 'relief',
  fear: 'relief',
  sadness: 'joy',
  disgust: 'joy',
};
