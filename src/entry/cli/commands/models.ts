// engram models: get models, choose among them, check them.
import { ModelStoreError } from '../../../platform/models/failure.ts';
import { withActions } from '../actions.ts';
import { type Action, type Context, noWords } from '../command.ts';
import { CliError, EXIT, type ExitCode, usage } from '../failure.ts';
import { listKnown } from './models-list.ts';
import { pull } from './models-pull.ts';
import { remove } from './models-remove.ts';
import { use } from './models-use.ts';
import { verify } from './models-verify.ts';

/** The name an action takes, where it takes one. */
function nameOf({ args }: Context, action: string, needed: boolean): string | null {
  const [name, ...more] = args.words;
  if (more.length > 0) throw usage(`models ${action} takes no "${more.at(-1)!.slice(0, 80)}".`);
  if (name !== undefined || !needed) return name ?? null;
  throw usage(`models ${action} needs the name of a model, for example: engram models ${action} bge-m3`);
}

const KIND = { name: 'kind', value: 'embedding|reranker', help: 'What a repository holds, or what to turn off' };
const NO_WAIT = { name: 'no-wait', help: 'Do not wait until every memory is embedded' };

const ACTIONS: readonly Action[] = [
  {
    name: 'list',
    summary: 'The models there are, which are installed, which are in use',
    examples: ['engram models list'],
    async run(context) {
      noWords(context, 'models list');
      return listKnown(context);
    },
  },
  {
    name: 'pull',
    operands: '<name>',
    summary: 'Download one, or complete a download that broke off; owner/name takes any repository',
    flags: [
      KIND,
      { name: 'file', value: 'path', help: 'The ONNX file inside the repository, where it is not the usual one' },
      { name: 'update', help: 'Take what the hub has now, also when it is not what is pinned' },
      { name: 'use', help: 'Use it afterwards' },
      NO_WAIT,
    ],
    examples: [
      'engram models pull bge-m3 --use',
      'engram models pull owner/name --kind reranker --file onnx/model_int8.onnx',
      'ENGRAM_MODEL_HUB=file:///media/models engram models pull bge-m3',
    ],
    run: async (context) => pull(context, nameOf(context, 'pull', true)!),
  },
  {
    name: 'verify',
    operands: '[name]',
    summary: 'Compare every byte with what was downloaded',
    examples: ['engram models verify bge-m3'],
    run: async (context) => verify(context, nameOf(context, 'verify', false)),
  },
  {
    name: 'use',
    operands: '<name>',
    summary: 'Change models while the server runs; none turns a kind off',
    flags: [KIND, NO_WAIT],
    examples: ['engram models use engram-mini', 'engram models use none --kind reranker'],
    run: async (context) => use(context, nameOf(context, 'use', true)!),
  },
  {
    name: 'remove',
    operands: '<name>',
    summary: 'Delete one from the disk',
    flags: [{ name: 'keep-vectors', help: 'Leave the vectors it made, for the day it comes back' }],
    examples: ['engram models remove bge-m3'],
    run: async (context) => remove(context, nameOf(context, 'remove', true)!),
  },
];

export const models = withActions({
  name: 'models',
  summary: 'Get, choose and check models',
  role: 'client',
  about: [
    'Models lie in ENGRAM_MODELS_DIR, by default models in the data folder; models.lock.json there pins what was pulled.',
    'ENGRAM_MODEL_HUB names a mirror, or file:///folder for machines without a network; HTTPS_PROXY is used.',
    'A changed embedding model first embeds every memory; searches go on with the old one until then.',
  ],
  sought_as: ['model', 'embeddings', 'embedding', 'reranker', 'pull', 'download', 'use'],
  actions: ACTIONS.map((action) => ({
    ...action,
    run: (context) =>
      action.run(context).catch((error: unknown) => {
        throw error instanceof ModelStoreError ? worded(error) : error;
      }),
  })),
});

const EXITS: Partial<Record<ModelStoreError['code'], ExitCode>> = {
  unreachable: EXIT.unreachable,
  unauthorized: EXIT.unauthorized,
  not_found: EXIT.not_found,
  invalid: EXIT.usage,
};

const worded = (error: ModelStoreError): CliError =>
  new CliError(EXITS[error.code] ?? EXIT.failed, `model_${error.code}`, error.message, { cause: error });
