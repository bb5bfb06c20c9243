// The words by which claims are told apart: what asserts, what negates, what excludes what, and what may hold twice.
// English; texts in other languages yield no claims and are left alone.

export const setOf = (words: string): ReadonlySet<string> => new Set(words.trim().split(/\s+/));

/** Words of a claim that say nothing about what is claimed. */
export const FILLERS = setOf(
  `the a an this that these those our my you your yours him them their his her its we i us me it they he she there here now currently
  still already just also only again really very actually today's soon right moment presently meanwhile always
  any anymore more longer both of 's own old new current place please one as so`,
);
export const BE = setOf('is are am be been being was were become becomes became stay stays remain remains');
export const WAS = setOf('was were');
export const AUXILIARIES = setOf(
  `is are am was were be has have had do does did can could will would shall should must may might`,
);
export const NEGATIONS = setOf('not no never none neither nor without');
/** What asserts nothing about now. */
export const UNSAID = setOf(
  `if whether might may could would suppose supposing imagine maybe perhaps possibly probably consider considers
  considering wonder wonders dream dreams hope hopes wish wishes plans planning propose proposes suggest suggests ask
  asks unless let think thinks thinking intend intends`,
);
/** What was, and need not be any more. */
export const PAST = setOf(
  `used-to formerly previously originally once earlier worked lived was were had owned drove stood ran slept ended took
  spent`,
);
export const MODALS = setOf('should must shall will can');

/** Verbs after which there is one value at a time. */
export const SINGLE = setOf(
  `live reside work locate listen host run start begin end finish leave wake cost weigh last expire go ship take-place
  call name belong report sit stand close open arrive require sleep drive`,
);
/** Verbs that may hold for many things at once, or happen again and again. */
export const SEVERAL = setOf(
  `buy bought visit speak play support meet met expose read depend know knew watch contain include fix fixed add added
  deploy deployed call called see saw learn study write wrote make made build built order pay spend spent try tried
  eat drink run ran own like love enjoy use have has attend join mention handle review send sent`,
);
/** What happened, and can happen again with another number. */
export const HAPPENED = setOf(
  `bought visited met ran spent deployed added fixed called paid sent made built released failed succeeded finished
  watched saw ate drank ordered shipped reviewed walked cycled slept measured earned sold took`,
);

/** Base form of the verbs that are looked for, by form. */
const VERB_FORMS = `
live:lives,live reside:resides,reside work:works,work locate:located listen:listens,listen host:hosts run:runs,run
start:starts,start begin:begins,begin end:ends,end finish:finishes leave:leaves wake:wakes cost:costs,cost weigh:weighs
last:lasts expire:expires go:goes,go ship:ships belong:belongs report:reports sit:sits stand:stands close:closes
open:opens arrive:arrives require:requires,require need:needs,need prefer:prefers,prefer want:wants,want use:uses,use
like:likes,like love:loves,love hate:hates,hate enjoy:enjoys,enjoy dislike:dislikes,dislike speak:speaks,speak
play:plays,play support:supports,support own:owns,own contain:contains,contain include:includes,include know:knows,know
eat:eats,eat drink:drinks,drink drive:drives,drive offer:offers,offer hold:holds,hold take:takes,take took:took
return:returns,return depend:depends,depend expose:exposes,expose pay:pays agree:agrees,agree disagree:disagrees,disagree
attend:attends,attend happen:happens,happen change:changes,change collect:collects allow:allows,allow accept:accepts
write:writes store:stores,store keep:keeps,keep read:reads speak:speaks exist:exists,exist serve:serves believe:believes
trust:trusts plan:plans manage:manages lead:leads teach:teaches study:studies visit:visits follow:follows wear:wears
sleep:sleeps smoke:smokes wait:waits reject:rejects block:blocks listen:listened buy:buys,bought meet:meets,met
see:saw visit:visited watch:watched spend:spent run:ran live:lived work:worked move:moved leave:left quit:quit sell:sold
end:ended fail:failed succeed:succeeded replace:replaced migrate:migrated switch:switched fix:fixed deploy:deployed
add:added call:called read:read own:owned drive:drove sleep:slept report:reported release:released consider:considers
wonder:wonders dream:dreams upgrade:upgraded downgrade:downgraded rename:renamed cancel:cancelled join:joined
give:gave break:broke cost:costed like:liked love:loved prefer:preferred approve:approves`;
export const VERBS: ReadonlyMap<string, string> = new Map(
  VERB_FORMS.trim()
    .split(/\s+/)
    .flatMap((entry) => {
      const [base, forms] = entry.split(':') as [string, string];
      return forms.split(',').map((form): [string, string] => [form, base]);
    }),
);

/** Attributes that a thing or person has several of. */
export const MANY_OF = setOf(
  `member members hobby hobbies tag friend friends colleague child children son daughter sister brother skill skills
  dependency dependencies goal goals note task todo bug issue example reason step language languages feature features
  customer client interest interests book film movie song problem risk option learned lesson event meeting`,
);
/** Attributes that have a value even when it is written as a plain word: "favourite colour is green". */
export const ATTRIBUTES = setOf(
  `favourite favorite colour color name editor database framework manager lead owner url uri port version license
  licence branch address host hostname bucket provider tool birthday zone timezone tracker engine queue mascot
  capital boss ceo cto cfo director engineer gateway email account phone number currency format model password
  username domain region environment default primary theme font maintainer assistant broker backend frontend runtime
  compiler linter formatter registry scheduler nickname nationality religion profession job team employer doctor
  plan tier key size limit timeout interval schedule deadline date status`,
);
/** Prepositions after which a value stands. */
export const PLACES = setOf('in on at by for to from with as into under behind near via');

/** Exclusive poles: words of the same axis and different poles cannot both hold; `not` turns a pole of two around. */
const AXES: Readonly<Record<string, readonly string[]>> = {
  switched: [
    'enabled on active activated in-use activates',
    'disabled off inactive deactivated expired suspended cancelled canceled shut-down decommissioned discontinued retired abandoned',
  ],
  allowed: ['allowed permitted allow', 'forbidden prohibited banned disallowed forbid'],
  working: [
    'up running healthy green passing working reachable available online fine operational succeeded',
    'down stopped degraded red failing broken unreachable unavailable offline crashed failed unhealthy dead',
  ],
  solved: ['closed resolved fixed solved', 'open unresolved unfixed reopened'],
  done: ['done finished completed complete', 'in-progress ongoing unfinished incomplete'],
  decided: [
    'pending waiting undecided in-review',
    'approved accepted granted',
    'rejected declined refused denied',
    'merged',
    'blocked',
    'draft',
  ],
  paid: ['paid', 'unpaid free overdue'],
  signed: ['signed', 'unsigned'],
  filled: ['filled occupied taken', 'vacant unoccupied'],
  employed: ['employed', 'unemployed jobless'],
  stage: ['experimental alpha beta unstable', 'stable released'],
  supported: ['supported maintained', 'deprecated unsupported unmaintained'],
  visible: ['public', 'private'],
  synchronous: ['synchronous sync', 'asynchronous async'],
  state: ['stateless', 'stateful'],
  safe: ['safe', 'unsafe dangerous'],
  required: ['required mandatory obligatory compulsory', 'optional voluntary'],
  speed: ['fast quick', 'slow sluggish'],
  length: ['short brief', 'long lengthy detailed'],
  hour: ['early', 'late'],
  light: ['light', 'dark'],
  agreed: ['agree', 'disagree'],
  liked: ['like love enjoy', 'hate dislike loathe'],
  happy: ['happy satisfied', 'unhappy unsatisfied dissatisfied'],
  encrypted: ['encrypted', 'unencrypted'],
  married: ['married', 'single divorced unmarried'],
  well: ['healthy well', 'ill sick'],
  price: ['cheap', 'expensive'],
  ease: ['easy', 'difficult hard'],
  side: ['left', 'right'],
  copy: ['primary', 'replica secondary'],
  alive: ['alive', 'deceased'],
  manual: ['manual manually', 'automatic automatically automated'],
  power: ['hot', 'cold'],
  empty: ['empty', 'full'],
  known: ['known', 'unknown'],
  correct: ['correct', 'incorrect wrong'],
  reversible: ['reversible', 'irreversible'],
  diet: ['vegetarian', 'meat-eater'],
  increase: ['increased rising growing', 'decreased falling shrinking'],
  mutable: ['mutable', 'immutable read-only'],
};

export interface Pole {
  readonly axis: string;
  readonly pole: number;
  readonly poles: number;
}
export const POLES: ReadonlyMap<string, readonly Pole[]> = (() => {
  const found = new Map<string, Pole[]>();
  for (const [axis, poles] of Object.entries(AXES))
    for (const [pole, words] of poles.entries())
      for (const word of words.split(' '))
        found.set(word, [...(found.get(word) ?? []), { axis, pole, poles: poles.length }]);
  return found;
})();

/** Words that belong together are read as one. */
export const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\b(?:not|no) longer\b/gi, 'not'],
  [/\bused to (?=[a-z])/gi, 'used-to '],
  [/\bin progress\b/gi, 'in-progress'],
  [/\b(?:still )?in use\b/gi, 'in-use'],
  [/\b(?:in|under|waiting for|awaits|awaiting) review\b/gi, 'in-review'],
  [/\b(?:was|were|is|are|got|has been|have been) (?:shut down|turned off|switched off)\b/gi, 'is shut-down'],
  [/\b(?:is|was|are|were) (?:turned|switched) on\b/gi, 'is on'],
  [/\btakes? place\b/gi, 'take-place'],
  [/\b(?:has|have) been\b/gi, 'is'],
  [/\b(?:has|have) (expired|crashed|failed|stopped|finished)\b/gi, 'is $1'],
  [/\b(?:is|are|was|were) (?:called|named)\b/gi, 'is'],
  [/\b(?:is|are) going to\b|\b(?:plan|idea|proposal|goal|aim) is to\b/gi, 'might'],
  [/^(?:proposal|idea|suggestion|option|question|hypothesis|plan|goal): /gim, 'maybe '],
  [/\b(?:is|was) meant to\b/gi, 'should'],
  [/\bnobody\b|\bno one\b/gi, 'not'],
  [/\bat the moment\b|\bright now\b|\bfor now\b|\bas of now\b|\bfrom now on\b|\bby default\b/gi, ''],
  [/\bat all\b/gi, ''],
  [/\b(?:has|have) to\b/gi, 'must'],
  [/\bread only\b/gi, 'read-only'],
];
