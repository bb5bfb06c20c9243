// What the actions of engram models share.
import { listModels } from '../../../features/models/contract.ts';
import type { Models } from '../../../platform/models/open.ts';
import type { Call } from '../client.ts';
import type { Context } from '../command.ts';
import { CliError, EXIT, usage } from '../failure.ts';
import { noProgress, type ProgressBar, progressBar } from '../progress-bar.ts';

export type Kind = 'embedding' | 'reranker';

export const modelsOf = (context: Context): Promise<Models> => context.machine.models(context.settings());

/** On stderr, so that results can be piped; nothing where nobody wants to see it. */
export function progressOf({ machine, args, output }: Context, label: string, unit: 'bytes' | 'memories'): ProgressBar {
  if (output.json || args.has('quiet')) return noProgress;
  return progressBar({ terminal: machine.err, env: machine.env, label, unit, now: () => performance.now() });
}

/** @throws CliError when it is neither left out nor a kind */
export function kindOf({ args }: Context): Kind | undefined {
  const kind = args.text('kind');
  if (kind === null) return undefined;
  if (kind === 'embedding' || kind === 'reranker') return kind;
  throw usage(`--kind must be embedding or reranker, not "${kind.slice(0, 80)}".`);
}

/** What a server or the store on this disk says; null when there is neither. */
export async function ifThereIsOne<T>(context: Context, work: (call: Call) => Promise<T>): Promise<T | null> {
  try {
    return await context.withCall(work);
  } catch (error) {
    if (error instanceof CliError && error.exit === EXIT.unreachable) return null;
    throw error;
  }
}

/** Names in use, or about to be. */
export async function inUse(call: Call): Promise<ReadonlySet<string>> {
  const { embedding, reranker, models, reembed } = await call(listModels);
  const active = models.filter((model) => model.active).map(({ name }) => name);
  const names = [embedding.wanted, reranker.wanted, embedding.active?.name, reembed.to, ...active];
  return new Set(names.filter((name) => name != null));
}
