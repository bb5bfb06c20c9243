// Words that tell a feeling, a role, or how strongly something is meant.

const table = (text: string): ReadonlyMap<string, number> =>
  new Map(
    text
      .trim()
      .split(/\s*\n\s*/)
      .flatMap((line) => {
        const [strength, ...words] = line.split(/[:,]\s*/);
        return words.map((word) => [word, Number(strength)] as const);
      }),
  );

/** Feelings with their strength; pleasant ones above zero. */
export const FEELINGS = table(`
0.9: thrilled, ecstatic, elated, over the moon, in heaven
0.8: excited, delighted, stoked, amazed, pumped, psyched, blessed, in love
0.7: proud, happy, grateful, thankful, honored, honoured, hopeful, fulfilled, overjoyed
0.6: glad, relieved, pleased, satisfied, lucky, confident, optimistic, joyful, cheerful, appreciated
0.5: relaxed, peaceful, at peace, empowered, energized, refreshed
-0.9: devastated, heartbroken, terrified, furious, miserable, hopeless, crushed, desperate, in tears
-0.8: scared, afraid, depressed, angry, overwhelmed, ashamed, shocked, horrified, panicked, frightened, petrified
-0.7: sad, anxious, frustrated, stressed, stressed out, lonely, upset, disappointed, guilty, fed up, burned out, burnt out
-0.6: nervous, worried, jealous, embarrassed, annoyed, exhausted, mad, discouraged, insecure, homesick, unhappy, drained
-0.5: bummed, irritated, bored, uneasy, uncomfortable, apprehensive, envious, restless, heavy-hearted
`);

/** The same for words that say a feeling only where somebody "feels" so. */
export const FELT = table(`
0.6: moved, touched, accepted, great, wonderful, amazing, fantastic, free, alive, inspired, motivated
0.5: good, calm, content, comfortable, safe, better, at home, supported, welcome
-0.6: hurt, lost, torn, low, bad, terrible, awful, horrible, empty, numb, alone, betrayed, helpless, rejected
-0.5: down, tired, concerned, unsafe, weird, awkward, sick, worse, stuck
`);

/** What an event is, when it makes somebody feel so. */
export const EVENTS = table(`
0.8: exhilarating, thrilling, a dream come true
0.6: a relief, rewarding, fulfilling, exciting, comforting
-0.9: devastating, heartbreaking, terrifying, traumatic
-0.7: nerve-wracking, scary, depressing, frustrating, stressful, overwhelming, exhausting
`);

/** Verbs that say what something does to somebody. */
export const STIRS = table(`
0.7: excites, excited, thrills, thrilled, moves, touched, delights, delighted
-0.7: upsets, upset, scares, scared, frightens, worries, worried, annoys, annoyed, frustrates, frustrated, terrifies
-0.8: terrified, devastated, infuriates, angered, saddens, saddened, hurts
`);

/** Factors on how strongly a thing is meant. */
export const STRESS: ReadonlyMap<string, number> = new Map([
  ['absolutely', 1.4],
  ['extremely', 1.4],
  ['incredibly', 1.4],
  ['totally', 1.3],
  ['completely', 1.3],
  ['deeply', 1.3],
  ['strongly', 1.3],
  ['truly', 1.2],
  ['really', 1.2],
  ['firmly', 1.2],
  ['always', 1.2],
  ['super', 1.2],
  ['definitely', 1.2],
  ['most', 1.2],
  ['very', 1.2],
  ['so', 1.1],
  ['quite', 1],
  ['rather', 0.9],
  ['usually', 0.9],
  ['mostly', 0.9],
  ['pretty', 0.9],
  ['generally', 0.8],
  ['somewhat', 0.7],
  ['sometimes', 0.7],
  ['kinda', 0.7],
  ['a bit', 0.6],
  ['a little', 0.6],
  ['slightly', 0.5],
]);

const words = (text: string): string => text.trim().replace(/\s+/g, '|');

/** Who somebody is, as adjectives. */
export const TRAITS = words(`
  vegetarian vegan pescatarian married divorced widowed single engaged retired unemployed self-employed pregnant gay lesbian
  bisexual pansexual asexual queer transgender trans nonbinary non-binary autistic dyslexic diabetic epileptic deaf blind
  color-blind colour-blind colorblind left-handed right-handed ambidextrous introverted extroverted bilingual religious
  spiritual atheist agnostic christian catholic protestant jewish muslim buddhist hindu american british english scottish
  irish welsh french german dutch belgian swiss austrian italian spanish portuguese greek turkish polish czech hungarian
  romanian bulgarian ukrainian russian swedish norwegian danish finnish icelandic canadian mexican brazilian argentinian
  colombian chilean chinese japanese korean vietnamese thai indian pakistani indonesian filipino australian african
  egyptian nigerian kenyan ethiopian israeli iranian iraqi syrian lebanese lactose-intolerant gluten-intolerant`);

/** Who somebody is, as nouns whose endings do not show that they mean people. */
const NOUNS = new Set(
  `nurse mom mum mother dad father parent son daughter brother sister sibling twin husband wife spouse widow grandma
  grandmother grandpa grandfather aunt uncle student vegetarian vegan introvert extrovert ambivert perfectionist atheist
  agnostic christian catholic muslim jew buddhist hindu immigrant refugee expat veteran soldier pilot chef cook coach
  guide athlete gymnast monk priest pastor nun judge analyst scientist architect consultant assistant accountant
  contractor freelance freelancer founder ceo cto cfo vp lead sysadmin admin sre dba dev intern graduate undergrad postdoc
  professor lecturer doctor surgeon dentist therapist vet veterinarian pharmacist paramedic firefighter cop detective
  lawyer attorney mechanic electrician plumber carpenter farmer baker butcher barista bartender waiter waitress cashier
  clerk secretary journalist editor author poet novelist musician singer drummer guitarist pianist composer dancer actor
  actress comedian artist painter sculptor photographer filmmaker screenwriter designer developer programmer engineer
  manager director producer owner entrepreneur investor trader banker broker salesman saleswoman marketer recruiter
  teacher tutor trainer instructor counselor counsellor librarian translator interpreter researcher physicist chemist
  biologist mathematician economist historian philosopher psychologist sociologist linguist hacker tester gamer runner
  cyclist swimmer surfer climber boxer wrestler footballer player minimalist feminist activist volunteer
  woman man girl boy person guy lady teenager teen adult senior native citizen child orphan survivor addict
  alcoholic owl bird lefty nerd geek bookworm foodie newbie beginner expert specialist ally leader member captain mayor
  politician senator model stylist barber hairdresser tailor`.split(/\s+/),
);
/** Nouns of things whose endings look as if they meant people. */
const NO_ROLE =
  /^(?:believer|follower|supporter|number|paper|matter|answer|order|offer|letter|computer|server|router|container|docker|parameter|pointer|buffer|counter|timer|trigger|marker|filter|layer|reminder|disorder|chapter|winter|summer|error|factor|vector|color|colour|favor|floor|door|sensor|monitor|mirror|list|exist|twist|checklist|blocker|newsletter|winner|bummer|killer|keeper|lover|sucker|loser|wonder|danger|center|corner|dinner|shower|flower|tower|power|river|cover|never|ever|water|butter|sister-in-law)$/;

/** @param article whether "a" or "the" stands before it: then endings such as -er and -ist count too */
export function isRole(noun: string, article: boolean): boolean {
  const word = noun.toLowerCase();
  if (NO_ROLE.test(word)) return false;
  if (NOUNS.has(word) || NOUNS.has(word.replace(/s$/, ''))) return true;
  return article && /(?:[bcdfghklmnprstvz]er|[ts]or|ist|ician|eer|woman|man)$/.test(word);
}
