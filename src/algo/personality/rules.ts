// How people say what they like, hold dear, want, choose, feel and are: patterns over one clause, spelled out.
import { anyOf, OPENING, type Rule, rule } from './grammar.ts';
import { EVENTS, FEELINGS, FELT, STIRS } from './lexicon.ts';
import type { SignalType } from './types.ts';

const IMPORTANT =
  '(?:important|essential|crucial|vital|paramount|sacred|fundamental|non-negotiable|priceless|indispensable)';
const CORE =
  '(?:(?:core|guiding|highest|top|most important|deepest) )*(?:principles?|values?|mott?o|priority|priorities|creed)';
const TO_DO =
  '(?:raise|find|get|become|buy|be (?:a|closer|fit|free|healthier|healthy|able|better)|help|support|improve|learn|earn|save|stay|keep|gain|prove|build|overcome|connect|inspire|honou?r|make|give|meet|lose)';

export const RULES: readonly Rule[] = [
  // Preference
  rule(
    'preference',
    0.6,
    '{who} {pre}(?:would )?(?:prefers?|preferred|favou?rs?) (?<topic>.+?)(?: (?:over|to|instead of|rather than) (?<than>.+))?$',
  ),
  rule(
    'preference',
    0.6,
    '{who} {pre}(?:likes?|liked|loves?|loved|loving|enjoying|enjoys?|enjoyed|adores?|adored|cherish(?:es)?) (?!that$|it when |how |to say|to think|to hear)(?<topic>.+?)(?: (?:better|more) than (?<than>.+))?$',
  ),
  rule(
    'preference',
    0.6,
    '{who} {pre}(?:dislikes?|disliked|hates?|hated|detests?|despises?|loathes?|can not stand|could not stand|can not bear) {topic}',
    { polarity: -1 },
  ),
  rule('preference', 0.6, '{who} (?<pre>(?:do|does|did) not (?:(?:really|much) )*)care (?:much )?for {topic}'),
  rule(
    'preference',
    0.6,
    '{who} {pre}{be} {manner}(?:a (?:\\w+ )?fan of|into|fond of|crazy about|keen on|passionate about|obsessed with|addicted to|hooked on|partial to) {topic}',
  ),
  rule('preference', 0.7, '{who} {pre}(?:can not|could not) get enough of {topic}'),
  rule('preference', 0.6, '{who} would (?<pre>)rather (?:have )?(?<topic>.+?)(?: than (?<than>.+))?$'),
  rule(
    'preference',
    0.8,
    '{whose} (?:\\w+ )?(?:favou?rite|go-to|preferred)(?: \\w+){0,3} (?<pre>)(?:is|are|was|were|has always been|would be) {topic}',
  ),
  rule(
    'preference',
    0.8,
    '^(?<topic>.+?) (?:is|are|has (?:always )?been) (?<pre>(?:not )?(?:one of )?){whose} (?:all-time |absolute )?(?:favou?rite|go-to|passion\\b|thing\\b).*$',
  ),
  rule('preference', 0.8, '{whose} (?:\\w+ )?(?:passion|hobby|hobbies) (?<pre>)(?:is|are) {topic}'),
  rule('preference', 0.6, '^(?<topic>.+?) is (?:something|what) {who} {pre}(?:love|enjoy|like|prefer)s?'),
  rule(
    'preference',
    0.6,
    '^(?:[Aa]lways |[Rr]eally |[Gg]enerally |[Uu]sually )*(?:[Pp]refers|[Ll]ikes|[Ll]oves|[Ee]njoys) (?<topic>.+?)(?: (?:over|to|instead of) (?<than>.+))?$',
    { elliptic: true },
  ),
  rule('preference', 0.6, '^(?:[Rr]eally )?(?:[Dd]islikes|[Hh]ates) {topic}', { elliptic: true, polarity: -1 }),
  rule(
    'preference',
    0.6,
    '^(?:(?:[Ss]till|[Rr]eally|[Jj]ust|[Aa]bsolutely) )*(?:[Ll]ove|[Ll]oving|[Ee]njoy|[Ee]njoying|[Aa]dore) (?!it$|that$|this$|you|to hear|the |how |your |is\\b|and |for |of |from |hear)(?<topic>.+)$',
    { elliptic: true },
  ),
  rule('preference', 0.6, '^[Nn]ot (?:a|much of a) (?:\\w+ )?fan of {topic}', { elliptic: true, polarity: -1 }),
  rule('preference', 0.7, '^(?:[Tt]he )?(?:user )?[Pp]refer(?:s|red|ence)s?(?: \\w+)?: {topic}', { elliptic: true }),
  rule('preference', 0.8, "^(?:[Tt]he )?(?:[Uu]ser(?:'s)? )?[Ff]avou?rite(?: \\w+){1,3}: {topic}", { elliptic: true }),

  rule('preference', 0.6, '{who} {pre}{be} {manner}interested in (?!hearing|your){topic}'),
  rule(
    'preference',
    0.6,
    '{who} {pre}(?:have|has|had) (?:always had )?an? (?:\\w+ )?(?:passion|love|soft spot|weakness|thing) for {topic}',
  ),
  rule(
    'preference',
    0.6,
    '{who} {pre}(?:finds?|found) (?<topic>.+?) (?:is |to be )?{manner}(?:relaxing|fun|fascinating|interesting|enjoyable|therapeutic|soothing|delicious)\\b',
  ),
  rule(
    'preference',
    0.6,
    '{who} {pre}(?:finds?|found) (?<topic>.+?) (?:is |to be )?{manner}(?:boring|annoying|tedious|irritating|distracting|disgusting|ugly)\\b',
    { polarity: -1 },
  ),
  rule(
    'preference',
    0.6,
    '^(?:and |but )?(?<topic>.+?) (?:is|are) (?<pre>)(?:like )?(?:therapy|heaven|bliss|an escape) (?:for|to) {whom}',
  ),
  rule(
    'preference',
    0.6,
    '^(?<topic>.+?) (?:is|are) (?<pre>){whose} (?:\\w+ )?(?:happy place|escape|outlet|therapy|comfort food|guilty pleasure)\\b',
  ),

  // Value
  rule('value', 0.7, '{who} {pre}(?:values?|valued|cherish(?:es)?|treasures?) {topic}'),
  rule('value', 0.6, '{who} {pre}appreciates? (?!it\\b|that\\b|this\\b|you|how |the |our |having )(?<topic>.+)$'),
  rule('value', 0.7, '{who} {pre}(?:believes?|believed) in (?!you|us\\b|me\\b|myself|him|her\\b|it\\b)(?<topic>.+)$'),
  rule(
    'value',
    0.6,
    '{who} {pre}believes? (?:that )?(?!the\\b|this\\b|that\\b|it\\b|we\\b|you\\b|he\\b|she\\b|they\\b|there\\b|I\\b|my\\b|our\\b|your\\b|an?\\b|in\\b|so\\b|\\p{Lu}|\\w+ (?:is|are|was) (?:in|at|on|a|the|broken|down)\\b)(?<topic>\\w+ \\w+ .+)$',
  ),
  rule('value', 0.8, '{who} (?<pre>)(?:firmly|strongly|deeply|truly) believes? (?:that )?(?!in\\b){topic}'),
  rule('value', 0.7, '{who} {pre}believes?$', { about: 'before' }),
  rule('value', 0.7, '{who} {pre}{be} {manner}a (?:(?:firm|strong|big|true|great) )?believer in {topic}'),
  rule(
    'value',
    0.7,
    '{who} {pre}cares? (?:(?:a lot|deeply|so much|very much|strongly|passionately|greatly) )?about {topic}',
  ),
  rule('value', 0.7, '{who} {pre}(?:stands?|stood) (?:up )?for {topic}'),
  rule('value', 0.7, '{who} {pre}holds? (?<topic>.+?) (?:in high regard|dear|sacred)'),
  rule(
    'value',
    0.7,
    `{who} {pre}(?:thinks?|believes?|finds?|considers?) (?:that )?(?:being |to be |having )?(?!it\\b|this\\b|that\\b|the\\b)(?<topic>.+?) (?:is |are |to be )?(?:so |really |very |absolutely |truly )?${IMPORTANT}`,
  ),
  rule(
    'value',
    0.7,
    `^(?:${OPENING})(?!it\\b|[Tt]his|[Tt]hat\\b)(?<topic>.+?) (?:is|are|was|has been|will be) (?<pre>(?:(?:not|never|all|really|so|very|always|absolutely|truly|more|most|the most|a|incredibly|super|extremely|just|still|also) )*)(?:${IMPORTANT}|everything|(?:top |high |huge |big )?priority)(?: (?:thing|value))?(?: in \\w+(?: \\w+)?)? (?:to|for) {whom}`,
  ),
  rule(
    'value',
    0.8,
    `^[Ii]t is (?<pre>(?:not )?)(?:(?:so|really|very|most) )?${IMPORTANT} (?:to|for) {whom}(?: (?:that |to )?(?<topic>.+))?$`,
    { about: 'after' },
  ),
  rule('value', 0.9, '^(?<pre>)[Nn]othing (?:is more important|matters more) to {whom} than {topic}'),
  rule('value', 0.7, '^(?:what|that) (?:really |truly )?matters (?:most )?to {whom} is (?<pre>){topic}'),
  rule(
    'value',
    0.7,
    `^(?:${OPENING})(?!it\\b|[Tt]his |[Tt]hat\\b)(?<topic>.+?) (?<pre>(?:(?:does|do|did|has|have) not |really |truly |always )*)(?:matters?|mattered|means?|meant) (?:(?:so much|a lot|a great deal|very much|the most|most|more|everything|the world|deeply|greatly|nothing|anything) )*to {whom}`,
  ),
  rule('value', 0.8, '^(?<topic>.+?) is what (?<pre>)matters (?:most )?to {whom}'),
  rule('value', 0.8, '^(?<topic>.+?) (?<pre>(?:always )?)comes? (?:first|before everything)(?: (?:for|to) {whom})?$'),
  rule('value', 0.8, `^(?<topic>.+?) (?:is|are) (?<pre>)(?:one of )?{whose} (?:\\w+ )?${CORE}`),
  rule('value', 0.8, `{whose} ${CORE}(?: in life)? (?<pre>)(?:is|are) {topic}`),

  rule('value', 0.6, `^(?:${OPENING})[Ii]t is (?<pre>(?:not )?)(?:(?:so|really|very) )?${IMPORTANT} to {topic}`, {
    elliptic: true,
    spoken: true,
  }),

  // Motivation
  rule(
    'motivation',
    0.6,
    '{who} {pre}(?:wants?|wanted|wanting|wish(?:es)?|wished|hopes?|hoped|hoping|aims?|aimed|aiming|plans?|planned|planning|intends?|strives?|striving|aspires?|yearns?|longs?) to (?!say|tell|ask|know|let|thank|share|mention|check|see if|hear|point|note|make sure|confirm|clarify)(?<topic>.+)$',
  ),
  rule(
    'motivation',
    0.6,
    '{who} {pre}(?:trying|looking|eager|determined|driven|motivated|inspired|working|dying|hoping|keen) to (?!figure|see if|say|understand why|debug|fix)(?<topic>.+)$',
  ),
  rule(
    'motivation',
    0.6,
    '{who} would (?:really |also |still )?(?<pre>)(?:like|love) to (?!know|hear|see it|thank|say|join you)(?<topic>.+)$',
  ),
  rule('motivation', 0.7, '{who} {pre}(?:driven|motivated|inspired) by {topic}'),
  rule('motivation', 0.7, '{who} {pre}(?:dreams?|dreamed|dreamt|dreaming) (?:of|about) {topic}'),
  rule(
    'motivation',
    0.7,
    '{whose} (?:\\w+ )?(?:goals?|dreams?|ambitions?|aims?|motivations?|aspirations?|mission)(?: for .{1,30}?| in .{1,30}?| with .{1,30}?)? (?<pre>)(?:is|are|was|has always been) (?:to )?{topic}',
  ),
  rule(
    'motivation',
    0.7,
    '^(?:[Ww]hat|[Tt]he thing that) (?:really )?(?:drives|motivates|inspires|keeps|drove|motivated|inspired) {whom} (?:going )?(?:the most )?(?<pre>)(?:is|was) {topic}',
  ),
  rule(
    'motivation',
    0.7,
    '^(?<topic>.+?) (?:is|are|was) what (?<pre>)(?:really )?(?:drives|motivates|inspires|keeps|drove|motivated|inspired|kept) {whom}',
  ),
  rule(
    'motivation',
    0.7,
    '^(?<topic>.+?) (?<pre>)(?:really |always |has |have )*(?:inspires?|inspired|motivates?|motivated|drives|drove|pushed|encouraged) {whom}\\b(?: to .+)?',
  ),
  rule(
    'motivation',
    0.6,
    `{who} {pre}(?:did|ran|started|joined|took|began|signed|trained|volunteered|went|(?!going|having|needing|trying|getting|starting|continuing|planning)\\p{L}+ing) .+? (?:in order to|to) (?<topic>${TO_DO} .+)$`,
  ),
  rule(
    'motivation',
    0.6,
    '{who} {pre}(?:doing|did|do|does) (?:this|it|that) (?:so that|for (?!an?\\b|the\\b|\\d|years|months|now|fun\\b)|to) ?(?:be )?{topic}',
  ),
  rule(
    'motivation',
    0.6,
    '{who} {pre}working (?:hard |really hard )?(?:towards?|for) (?!an? \\w* ?company|the company|a client){topic}',
  ),
  rule('motivation', 0.6, '{who} (?<pre>)(?:.+ )?in order to {topic}'),
  rule(
    'motivation',
    0.6,
    '^(?:[Hh]oping|[Aa]iming|[Tt]rying|[Pp]lanning|[Ww]ants|[Hh]opes|[Pp]lans|[Aa]ims) to (?!figure|debug|fix)(?<topic>.+)$',
    { elliptic: true },
  ),
  rule('motivation', 0.7, '^(?:[Uu]ser )?(?:[Gg]oal|[Mm]otivation|[Aa]mbition|[Dd]ream|[Aa]spiration)s?: {topic}', {
    elliptic: true,
  }),

  rule(
    'motivation',
    0.5,
    '{who} {pre}(?:looking into|considering|thinking (?:of|about)) (?!it\\b|that\\b|this\\b|how\\b|what\\b|him|her\\b|them){topic}',
  ),
  rule('motivation', 0.7, '^(?<topic>.+?) (?:is|are|was|were) (?<pre>)(?:the|one) reason (?:why |that )?{who} '),

  rule(
    'motivation',
    0.5,
    '^(?:(?:[Jj]ust|[Ss]till) )?(?:[Tt]hinking (?:of|about)|[Cc]onsidering|[Ll]ooking into|[Pp]lanning) (?!it\\b|that\\b|this\\b|you)(?<topic>\\p{L}+ .+)$',
    { elliptic: true, spoken: true },
  ),

  // Decision
  rule(
    'decision',
    0.5,
    '{who} {pre}(?:decided|decides|chose|chooses?|chosen|elected|resolved|opted) (?<against>not to |against )?(?:to |on |for |that )?{topic}',
  ),
  rule(
    'decision',
    0.5,
    '{who} {pre}(?:picked(?! up)|settled on|settled for|opted for|went with|going with|go with|agreed to|agreed on|agreed that|committed to|switched to|switched from .+? to|moved over to|migrated to|signed up for|ended up (?:choosing|picking|going with|buying)) {topic}',
  ),
  rule(
    'decision',
    0.5,
    '{who} {pre}(?:made up (?:my|our|his|her|their) mind|made (?:the|a|my|our|his|her) (?:\\w+ )?(?:decision|choice)|come to the decision|came to the decision) (?:to |that )?{topic}',
  ),
  rule(
    'decision',
    0.5,
    '{who} {pre}(?:turned down|rejected|declined|gave up|given up|giving up on|ruled out|abandoned|dropped the idea of) {topic}',
    { polarity: -1 },
  ),
  rule('decision', 0.5, '{who} {pre}(?:concluded|conclude)(?: (?:that )?(?<topic>.+))?$', { about: 'after' }),
  rule('decision', 0.5, '{who} {pre}took the plunge(?: and| to)? {topic}'),
  rule(
    'decision',
    0.6,
    '{whose} (?:final |last )?(?:decision|choice) (?<pre>)(?:is|was) (?<against>not to |against )?(?:to )?{topic}',
  ),
  rule(
    'decision',
    0.5,
    '^(?:(?:[Ff]inally|[Jj]ust) )?(?:[Dd]ecided|[Cc]hose|[Oo]pted|[Ss]ettled on|[Ww]ent with|[Ss]witched to|[Gg]oing with|[Pp]icked) (?<against>not to |against )?(?:to |on |for )?{topic}',
    { elliptic: true },
  ),
  rule('decision', 0.6, '^(?:[Uu]ser |[Ff]inal )?(?:[Dd]ecision|[Dd]ecided|[Cc]hoice): {topic}', { elliptic: true }),

  rule('decision', 0.5, '^(?:.+ )?(?<pre>)made {whom} (?:decide|choose) (?:to )?{topic}'),

  // Emotion
  rule('emotion', FEELINGS, '{who} {pre}{be} {manner}{feeling}\\b(?<topic>.*)$'),
  rule('emotion', FELT, '{who} {pre}(?:feel|feels|felt|feeling) {manner}{felt}\\b(?<topic>.*)$'),
  rule(
    'emotion',
    FEELINGS,
    '^(?:[Ss]o|[Vv]ery|[Rr]eally|[Ff]eeling|[Ss]uper|[Tt]otally|[Ss]till|[Pp]retty|[Aa] bit|[Ii]ncredibly|[Ee]xtremely)(?: (?:so|very|really|totally|super|a bit|pretty))* {feeling}\\b(?<topic>.*)$',
    { elliptic: true },
  ),
  rule(
    'emotion',
    new Map([...FELT, ...FEELINGS]),
    `^(?<topic>.+?) (?<pre>(?:(?:really|always|does not|did not|do not) )*)(?:makes?|made|making|leaves?|left|got|gets?) {whom} (?:feel |feeling )?{manner}(?<word>${anyOf(FEELINGS)}|${anyOf(FELT)})\\b`,
  ),
  rule('emotion', STIRS, '^(?<topic>.+?) (?<pre>(?:(?:really|always|does not|did not|do not) )*){stir} {whom}\\b'),
  rule(
    'emotion',
    EVENTS,
    '(?<topic>.*\\b(?<who>[Mm]y|[Oo]ur|me|us)\\b.*) (?<pre>)(?:was|is|has been|were) (?:so |really |absolutely |pretty |incredibly )*{event}\\b',
  ),
  rule(
    'emotion',
    EVENTS,
    '^(?<topic>.+?) (?<pre>)(?:was|is|has been) (?:so |really |absolutely |pretty |incredibly )*{event} (?:for|to) {whom}',
  ),
  rule(
    'emotion',
    0.6,
    '{who} (?<pre>(?:(?:really|still|so|do|does|always) )*)(?:miss(?:es)?|missed|am missing) (?<topic>(?:my|our|his|her|their|you|him|them|home|being|having|the (?:old|days|time)|\\p{Lu}).*)$',
    { polarity: -1 },
  ),
  rule(
    'emotion',
    0.8,
    '{who} (?<pre>)(?:could|can) not be (?:happier|prouder|more (?:proud|excited|grateful|thankful|pleased)) ?(?<topic>.*)$',
  ),
  rule(
    'emotion',
    0.7,
    '{who} (?<pre>)(?:really |just )?(?:can|could) not wait (?:for |to )?(?!hear|see (?:what|how))(?<topic>.+)$',
  ),
  rule(
    'emotion',
    0.6,
    '^(?<pre>)(?:[Jj]ust |[Rr]eally )?[Cc]an not wait (?:for |to )?(?!hear|see (?:what|how))(?<topic>.+)$',
    { elliptic: true },
  ),
  rule('emotion', 0.6, '{who} {pre}look(?:ing|s)? forward to {topic}'),
  rule('emotion', 0.6, '^[Ww]hat a relief$', { elliptic: true, about: 'all' }),
  rule('emotion', 0.7, '{who} {pre}(?:cried|burst into tears|broke down)(?<topic>.*)$', { polarity: -1 }),

  rule(
    'emotion',
    EVENTS,
    `^(?:${OPENING})(?<topic>[Ii]t|[Tt]hat|[Tt]his|\\p{L}+ing .+?|.{1,40}?) (?<pre>)(?:is|are|was|were|has been) (?:(?:so|really|truly|very|absolutely|pretty|such an?|a|kind of|just) )*{event}\\b`,
    { elliptic: true, spoken: true },
  ),
  rule(
    'emotion',
    FELT,
    `^(?:${OPENING})[Ii]t (?<pre>(?:does not |did not )?)(?:feels|felt|feel) (?:(?:so|really|truly|very|absolutely|pretty|such) )*{felt}\\b(?<topic>.*)$`,
    { elliptic: true, spoken: true },
  ),

  // Identity
  rule(
    'identity',
    0.7,
    '{who} {pre}(?:am|is|are|was|were|be|been|became|used to be) {manner}(?<article>(?:an?|the|one of the) )?{topic}',
    { role: true },
  ),
  rule('identity', 0.7, '{who} {pre}(?:am|is|are|was|were|been|be) {manner}(?<topic>(?:an? )?{trait}\\b.*)$'),
  rule(
    'identity',
    0.7,
    '{who} {pre}(?:works?|worked|working) (?:full-time |part-time )?(?:as|for|at) (?!hard|home|night|the moment|an? (?:hour|while|bit)|it\\b|least|once|\\d)(?<topic>.+)$',
  ),
  rule('identity', 0.7, '{who} {pre}(?:identif(?:y|ies|ied)|diagnosed) as {topic}'),
  rule(
    'identity',
    0.7,
    '{who} {pre}(?:considers?|sees?|describes?) (?:myself|himself|herself|themselves|themself|ourselves) (?:as )?{topic}',
  ),
  rule('identity', 0.6, '{who} {pre}(?:lives?|lived|living|based|grew up|raised|born) (?<topic>(?:in|on|near) .+)$'),
  rule('identity', 0.6, '{who} {pre}(?:comes?|am|is|are|was|were) (?:originally )?from (?<topic>\\p{Lu}.+)$'),
  rule(
    'identity',
    0.8,
    '{whose} (?<pre>)(?<topic>(?:name|pronouns|native language|mother tongue|first language|nationality|religion|profession|occupation|job|job title|day job|zodiac sign|birthday|nickname|gender|hometown) (?:is|are) .+)$',
  ),
  rule('identity', 0.6, '^[Aa]s (?<pre>)(?<article>an?|the) {topic}', { elliptic: true, role: true }),
  rule('identity', 0.7, '{who} {pre}(?:am|is|are|was|turned) (?<topic>\\d{1,3}(?: years old)?)$'),
];

/** A quick look before the patterns of a kind: without one of these they find nothing. */
export const CUES: Readonly<Record<SignalType, RegExp>> = {
  preference:
    /prefer|favou?r|\b[Ll]ik|[Ll]ov|njoy|dor|herish|[Hh]at|etest|espis|oath|stand|bear|\bfan\b|into|fond|crazy|keen|passion|obsess|addict|hook|partial|enough|rather|go-to|hobb|care|interest|find|found|therap|heaven|bliss|escape|happy place|outlet|pleasure|comfort/i,
  value:
    /valu|herish|treasure|appreci|eliev|care|st[ao]+nd|hold|matter|mean|import|essent|cruci|vital|paramount|sacred|fundament|negotiab|priceless|indispens|everything|priorit|first|princip|mott?o|creed/i,
  motivation:
    /want|wish|hop|aim|plan|inten|striv|aspir|yearn|long|[Tt]ry|look|eager|determin|driv|drove|motiv|inspir|work|dying|keen|lik|lov|dream|goal|ambiti|mission|keep|kept|push|encourag|order|so that|consider|thinking|reason|\bto\b|\bfor\b/i,
  decision:
    /decid|decision|cho[os]|elect|resolv|opt|pick|settl|went|going|\bgo\b|agree|commit|switch|moved|migrat|sign|ended|mind|turned|reject|declin|g[ai]ve|giving|ruled|abandon|dropped|conclu|plunge/i,
  emotion: new RegExp(
    `${anyOf(FEELINGS)}|${anyOf(FELT)}|${anyOf(EVENTS)}|${anyOf(STIRS)}|miss|happier|prouder|wait|forward|relief|cried|tears|broke`,
    'i',
  ),
  identity:
    /\b(?:am|is|are|was|were|be|been|became)\b|work|identif|diagnos|consider|sees?\b|describe|liv|based|grew|raised|born|come|[Aa]s an?\b|[Aa]s the\b|turned/i,
};
