// engram models: get models, choose among them, check them.
import { ModelStoreError } from '../../../platform/models/failure.ts';
import type { Command, Context } from '../command.ts';
import { CliError, EXIT, type ExitCode, usage } from '../failure.ts';
import { listKnown } from './models-list.ts';
import { pull } from './models-pull.ts';
import { remove } from './models-remove.ts';
import { use } from './models-use.ts';
import { verify } from './models-verify.ts';

/** What can be done with models: which flags go with it, how many names it takes. */
interface Action {
  readonly flags: readonly string[];
  readonly names: { readonly min: number; readonly max: number };
  run(context: Context, name: string | null): Promise<ExitCode>;
}

const one = { min: 1, max: 1 };
const ACTIONS: Readonly<Record<string, Action>> = {
  list: { flags: [], names: { min: 0, max: 0 }, run: listKnown },
  pull: {
    flags: ['kind', 'file', 'update', 'use', 'no-wait'],
    names: one,
    run: (context, name) => pull(context, name!),
  },
  verify: { flags: [], names: { min: 0, max: 1 }, run: verify },
  use: { flags: ['kind', 'no-wait'], names: one, run: (context, name) => use(context, name!) },
  remove: { flags: ['keep-vectors'], names: one, run: (context, name) => remove(context, name!) },
};

const FLAGS = [
  { name: 'kind', value: 'embedding|reranker', help: 'pull: what a repository holds; use none: what to turn off' },
  { name: 'file', value: 'path', help: 'pull: the ONNX file inside the repository, where it is not the usual one' },
  { name: 'update', help: 'pull: take what the hub has now, also when it is not what is pinned' },
  { name: 'use', help: 'pull: use it afterwards' },
  { name: 'no-wait', help: 'use: do not wait until every memory is embedded' },
  { name: 'keep-vectors', help: 'remove: leave the vectors it made, for the day it comes back' },
];

export const models: Command = {
  name: 'models',
  operands: '<action> [name]',
  summary: 'Get, choose and check models',
  role: 'client',
  flags: FLAGS,
  about: [
    'Actions:',
    '  list            the models there are, which are installed, which are in use',
    '  pull <name>     download one, or complete a download that broke off; owner/name takes any repository',
    '  verify [name]   compare every byte with what was downloaded',
    '  use <name>      change models while the server runs; none turns a kind off',
    '  remove <name>   delete one from the disk',
    '',
    'Models lie in ENGRAM_MODELS_DIR, by default models in the data folder; models.lock.json there pins what was pulled.',
    'ENGRAM_MODEL_HUB names a mirror, or file:///folder for machines without a network; HTTPS_PROXY is used.',
    'A changed embedding model first embeds every memory; searches go on with the old one until then.',
  ],
  examples: [
    'engram models list',
    'engram models pull bge-m3 --use',
    'engram models use engram-mini',
    'engram models use none --kind reranker',
    'engram models pull owner/name --kind reranker --file onnx/model_int8.onnx',
    'ENGRAM_MODEL_HUB=file:///media/models engram models pull bge-m3',
  ],
  sought_as: ['model', 'embeddings', 'embedding', 'reranker', 'pull', 'download', 'use'],
  async run(context) {
    const [word, ...names] = context.args.words;
    const known = Object.keys(ACTIONS).join(', ');
    const action = word !== undefined && Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
    if (action === undefined) {
      const what = word === undefined ? 'models needs an action' : `models has no action "${word.slice(0, 80)}"`;
      throw usage(`${what}: one of ${known}. See "engram models --help".`);
    }
    for (const { name } of FLAGS)
      if (context.args.has(name) && !action.flags.includes(name))
        throw usage(`--${name} does not go with "models ${word}". See "engram models --help".`);
    if (names.length > action.names.max) throw usage(`models ${word} takes no "${names.at(-1)!.slice(0, 80)}".`);
    if (names.length < action.names.min)
      throw usage(`models ${word} needs the name of a model, for example: engram models ${word} bge-m3`);
    try {
      return await action.run(context, names[0] ?? null);
    } catch (error) {
      throw error instanceof ModelStoreError ? worded(error) : error;
    }
  },
};

const EXITS: Partial<Record<ModelStoreError['code'], ExitCode>> = {
  unreachable: EXIT.unreachable,
  unauthorized: EXIT.unauthorized,
  not_found: EXIT.not_found,
  invalid: EXIT.usage,
};

const worded = (error: ModelStoreError): CliError =>
  new CliError(EXITS[error.code] ?? EXIT.failed, `model_${error.code}`, error.message, { cause: error });
