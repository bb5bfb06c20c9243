// engram models use: another model for a running server, or for the store on this disk.
import { reembedStatus, useModel } from '../../../features/models/contract.ts';
import type { Call } from '../client.ts';
import type { Context } from '../command.ts';
import { CliError, EXIT, type ExitCode } from '../failure.ts';
import { type Kind, kindOf, progressOf } from './models-common.ts';

export interface Chosen {
  readonly name: string;
  readonly kind: Kind;
  /** False: it takes over when every memory is embedded. */
  readonly active: boolean;
  readonly reembed: Reembed;
}
type Reembed = Awaited<ReturnType<typeof status>>;

const status = (call: Call) => call(reembedStatus);
const POLL_MS = 500;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function use(context: Context, name: string): Promise<ExitCode> {
  const answer = await choose(context, name, kindOf(context));
  if (context.output.json) context.output.data(answer);
  else chosen(context, answer);
  return EXIT.ok;
}

/** Makes the choice and, unless told not to, waits until it has taken effect. */
export async function choose(context: Context, name: string, kind: Kind | undefined): Promise<Chosen> {
  return context.withCall(async (call) => {
    const answer = await call(useModel, { body: { name, kind } });
    if (answer.kind === 'reranker' || context.args.has('no-wait')) return answer;
    const reembed = await follow(context, call, answer.reembed);
    return { ...answer, active: answer.active || reembed.to === null, reembed };
  });
}

async function follow(context: Context, call: Call, first: Reembed): Promise<Reembed> {
  const bar = progressOf(context, 'Embedding', 'memories');
  try {
    for (let now = first; ; now = await status(call)) {
      if (now.state === 'failed' && now.to !== null)
        throw new CliError(
          EXIT.failed,
          'reembed_failed',
          `Embedding with ${now.to} failed: ${now.error ?? 'no reason given'}`,
        );
      // Once no model waits to take over, the choice has taken effect, whatever else is being embedded.
      if (now.state === 'idle' || now.to === null) return now;
      bar.update(now.done, now.total);
      await pause(POLL_MS);
    }
  } finally {
    bar.end();
  }
}

/** Says what came of it. */
export function chosen({ output }: Context, { name, kind, active, reembed }: Chosen): void {
  if (name === 'none')
    output.line(kind === 'reranker' ? 'No reranker is used now.' : 'No embedding model is used now.');
  else if (active) output.line(`${name} is in use.`);
  else
    output.line(
      `${name} takes over when all ${reembed.total} memories are embedded (${reembed.done} are); "engram models list" shows it then.`,
    );
}
