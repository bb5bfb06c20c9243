// bun run models:train: text pairs in, a model folder out. Evaluation sets are never opened here.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { modelCard } from './card.ts';
import { loadCorpus } from './corpus.ts';
import { writeModel } from './export.ts';
import { train } from './trainer.ts';

const USAGE = `bun run models:train [options]
  --data DIR      text pairs (default ../shared/train)
  --out DIR       model folder to write (default models/engram-mini)
  --work DIR      cache and checkpoint, outside git (default data/models-train)
  --minutes N     as many epochs as fit, at most --epochs
  --epochs N      passes over the weighted pairs (default 5.355)
  --seed N        (default 1)
  --resume        go on from the checkpoint
  --vocabulary N  tokens (default 42000)   --dims N  (default 256)   --batch N  (default 1024)
  --rate X        learning rate (default 0.01)   --dropout X  share of tokens left out (default 0.1)`;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/train' },
    out: { type: 'string', default: 'models/engram-mini' },
    work: { type: 'string', default: 'data/models-train' },
    minutes: { type: 'string' },
    epochs: { type: 'string', default: '5.355' },
    seed: { type: 'string', default: '1' },
    resume: { type: 'boolean', default: false },
    vocabulary: { type: 'string', default: '42000' },
    dims: { type: 'string', default: '256' },
    batch: { type: 'string', default: '1024' },
    rate: { type: 'string', default: '0.01' },
    dropout: { type: 'string', default: '0.1' },
    help: { type: 'boolean', default: false },
  },
});

/** A number of the command line, or the sentence that says what is wrong with it. */
function number(
  name: 'vocabulary' | 'dims' | 'batch' | 'epochs' | 'seed' | 'rate' | 'dropout',
  least: number,
  most: number,
) {
  const value = Number(values[name]);
  if (value >= least && value <= most) return value;
  throw new Error(`--${name} ${values[name]} does not fit: give a number from ${least} to ${most}.`);
}

if (values.help) {
  console.log(USAGE);
} else {
  const began = performance.now();
  const log = (line: string) =>
    console.log(`[${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s] ${line}`);
  mkdirSync(values.work, { recursive: true });
  const corpus = loadCorpus(resolve(values.data), number('vocabulary', 300, 65_535), values.work, log);
  log(`${corpus.group.length} pairs, ${corpus.tokens.length} tokens, ${corpus.groups.length} groups`);
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
  const settings = {
    dims: number('dims', 8, 1024),
    seed: number('seed', 0, 2 ** 32 - 1),
    batch: number('batch', 2, 8192),
    epochs: number('epochs', 0.01, 1000),
    rate: number('rate', 1e-6, 1),
    dropout: number('dropout', 0, 0.9),
  };
  const trained = await train(corpus, {
    ...settings,
    minutes: values.minutes === undefined ? undefined : Number(values.minutes),
    work: values.work,
    resume: values.resume,
    signal: stop.signal,
    log,
  });
  const epochPairs = corpus.group.reduce((sum, group) => sum + corpus.groups[group]!.weight, 0);
  const card = modelCard({
    data: resolve(values.data),
    vocabulary: corpus.vocabulary.length,
    ...settings,
    minutes: trained.seconds / 60,
    pairs: trained.pairs,
    passes: trained.pairs / epochPairs,
  });
  await writeModel(values.out, corpus, trained, { ...settings, card });
  log(
    `wrote ${values.out}: ${trained.pairs} pairs in ${trained.seconds.toFixed(0)} s, loss ${trained.loss.toFixed(4)}`,
  );
}
