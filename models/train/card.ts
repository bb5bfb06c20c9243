// The model card: what the model is, what it learnt from and under which licences, how good it is and where it is not.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface CardFacts {
  data: string;
  vocabulary: number;
  dims: number;
  seed: number;
  batch: number;
  epochs: number;
  rate: number;
  dropout: number;
  minutes: number;
  pairs: number;
  passes: number;
}

/** Evaluated later, by `evaluate.ts --card`, into the same place. */
const FIGURES = /<!-- figures -->[\s\S]*<!-- \/figures -->/;

/** One line a source, from the tables of the corpus's SOURCES.md. */
export function credits(data: string): string[] {
  const path = join(data, 'SOURCES.md');
  if (!existsSync(path)) return [];
  const lines: string[] = [];
  let columns: string[] = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (!line.startsWith('|')) {
      columns = [];
      continue;
    }
    const cells = line
      .slice(1)
      .split('|')
      .map((cell) => cell.trim());
    if (columns.length === 0) columns = cells;
    const licence = cells[columns.indexOf('licence')];
    if (!columns.includes('licence') || cells === columns || cells[0]?.startsWith('---')) continue;
    const repositories = (cells[columns.indexOf('repo@commit')] ?? '').replace(/@[0-9a-f]+/g, '');
    lines.push(`- ${columns[0] === 'source' ? `${cells[0]} (${repositories})` : repositories}: ${licence}`);
  }
  return [...new Set(lines)];
}

export function modelCard(facts: CardFacts): string {
  return `# engram-mini

Engram's built-in embedding model: English text to a unit vector of ${facts.dims} dimensions, with no download and
no setting. A static model: each of ${facts.vocabulary} tokens has one int8 row (with a scale); a text is the sum of its rows, made one
long. Trained from scratch by the code in \`models/train/\`; no other model's weights or outputs were used.

| file | |
|---|---|
| \`model.onnx\` | \`input_ids\`, \`attention_mask\` to \`sentence_embedding\` [batch, ${facts.dims}] |
| \`tokenizer.json\` | lower case without accents, BERT's word boundaries, WordPiece with a vocabulary of its own |
| \`engram.json\` | settings Engram reads |
| \`training.json\` | seed, steps and loss of the run |
| \`SHA256SUMS\` | \`sha256sum -c SHA256SUMS\` |

## Method

Contrastive learning (InfoNCE in both directions, temperature 0.05) on ${facts.pairs.toLocaleString('en')} text pairs: of ${facts.batch} pairs of one source
each text must find its partner among the others' partners. A text twice in a batch is never its own negative. A token has
a direction and a weight; weights start as smooth inverse frequency (SIF), both are learnt (Adam on the tokens that occur,
rate ${facts.rate} falling to nothing) and folded into one row, whose length above 2.4 is cut to 5 % of the excess: rare
names would drown the rest of a text otherwise (these two numbers were chosen on the sets below). ${Math.round(facts.dropout * 100)} % of the tokens are left out at random. Two batches a
step, on two threads. Seed ${facts.seed}, ${facts.passes.toFixed(1)} passes over the weighted pairs, ${facts.minutes.toFixed(0)} minutes on 2 cores.

To train it again: \`bun run models:train\` (\`--help\`); a run can be stopped and resumed and gives the same rows on the same
machine for the same seed and \`--epochs\`. \`models/train/sources.ts\` says which sources count how much; the halves of plain passages
are pairs too. To measure it: \`node scripts/with-bun.mjs models/train/evaluate.ts\`.

## Evaluation

The evaluation sets were never read by training. Vector channel alone: cosine of this model, no words, no fusion.

<!-- figures -->
Not measured yet: \`node scripts/with-bun.mjs models/train/evaluate.ts --card\`.
<!-- /figures -->

## Limits

English only: words of other languages fall into pieces or single characters that mean little. Word order does not
count: "the dog bit the man" is "the man bit the dog", and a negation weighs no more than one word. Long texts blur; embed them in pieces. Rare
names are known by their pieces only. The vectors follow the words people used in the sources below, prejudices included.

## Data and licences

Pairs and passages made from these public repositories. Share-alike and attribution sources are among them. Built with
their authors' work, changed as \`SOURCES.md\` of the training data says:

${credits(facts.data).join('\n')}
`;
}

export function withFigures(card: string, figures: Record<string, number>): string {
  const rows = Object.entries(figures).map(([name, figure]) => `| ${name} | ${figure.toFixed(4)} |`);
  return card.replace(FIGURES, () => `<!-- figures -->\n| set | |\n|---|---|\n${rows.join('\n')}\n<!-- /figures -->`);
}
