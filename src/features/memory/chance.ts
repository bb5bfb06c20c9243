// How near to each other a model puts texts that have nothing to do with each other. Some models never go below 0.7, some
// start at 0: a cosine tells something only by how far it is above that.
import type { Embedder } from '../../core/ports.ts';

/** Asked about other things than TOLD tells. */
const ASKED = [
  'When does the next train to the coast leave?',
  'How is the deployment pipeline configured?',
  'Which wine goes with grilled fish?',
  'Who painted the ceiling of the chapel?',
  'What did the doctor say about the knee?',
  'Why did the invoice bounce last month?',
  'Where do penguins spend the winter?',
  'How many players are in a volleyball team?',
];
const TOLD = [
  'Her grandmother taught her to knit socks before she went to school.',
  'The parser rejects comments inside of string literals.',
  'Copper prices rose for the third week in a row.',
  'He prefers green tea without sugar in the afternoon.',
  'The volcano last erupted in the eighteenth century.',
  'Please water the tomatoes on the balcony while we are away.',
  'The committee postponed its vote on the new bridge.',
  'Saturn has a great many moons, most of them small.',
];
/** Even then one pair in so many may be near by accident. */
const QUANTILE = 0.9;
/** However near a model puts everything, something is left to tell apart. */
const HIGHEST = 0.95;

/** Cosine that unrelated texts rarely exceed with this model, 0 to 0.95. */
export async function chanceCosine(embedder: Embedder): Promise<number> {
  const asked = await Promise.all(ASKED.map((text) => embedder.embedQuery(text)));
  const told = await embedder.embedDocuments(TOLD);
  const cosines = asked
    .flatMap((a) => told.map((b) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)))
    .sort((a, b) => a - b);
  return Math.min(HIGHEST, Math.max(0, cosines[Math.floor(cosines.length * QUANTILE)]!));
}
