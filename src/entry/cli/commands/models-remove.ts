// engram models remove: off the disk, and with it the vectors that only it could make sense of.
import { forgetModel } from '../../../features/models/contract.ts';
import type { Context } from '../command.ts';
import { CliError, EXIT, type ExitCode } from '../failure.ts';
import { bytes } from '../output.ts';
import { ifThereIsOne, inUse, modelsOf } from './models-common.ts';

export async function remove(context: Context, name: string): Promise<ExitCode> {
  const { args, output } = context;
  const models = await modelsOf(context);
  const model = (await models.known()).find((known) => known.name === name);
  if (model?.built_in) throw new CliError(EXIT.usage, 'built_in', `${name} comes with the program and stays.`);

  const { embedding, reranker } = context.settings();
  for (const [setting, value] of [
    ['ENGRAM_EMBEDDING_MODEL', embedding.model],
    ['ENGRAM_RERANKER_MODEL', reranker.model],
  ]) {
    if (value === name) throw inUseStill(name, `${setting} names it: take the setting away first.`);
  }
  // Vectors first: should they stay because something fails, the model they belong to is there still.
  const vectors = await ifThereIsOne(context, async (call) => {
    if ((await inUse(call)).has(name)) {
      const other = model?.kind === 'reranker' ? 'none --kind reranker' : 'engram-mini';
      throw inUseStill(name, `choose another first, for example "engram models use ${other}".`);
    }
    const keep = args.has('keep-vectors') || model?.kind !== 'embedding' || !model.installed;
    return keep ? 0 : (await call(forgetModel, { body: { name } })).vectors;
  });
  const { size_bytes } = await models.remove(name);
  if (output.json) output.data({ name, size_bytes, vectors });
  else {
    const also = vectors ? `, and ${vectors} vectors it made` : '';
    output.line(`Removed ${name}: ${bytes(size_bytes)}${also}.`);
    if (vectors === null) output.remark('No store was found; vectors it made in one are still there.');
  }
  return EXIT.ok;
}

const inUseStill = (name: string, advice: string): CliError =>
  new CliError(EXIT.failed, 'model_in_use', `${name} is in use; ${advice}`);
