// engram models pull: downloads a model, with progress, and uses it when asked to.
import { catalogueEntry } from '../../../platform/models/catalogue.ts';
import { shortRevision } from '../../../platform/models/names.ts';
import type { Pulled } from '../../../platform/models/pull.ts';
import type { Context } from '../command.ts';
import { EXIT, type ExitCode, usage } from '../failure.ts';
import { bytes } from '../output.ts';
import { kindOf, modelsOf, progressOf } from './models-common.ts';
import { choose, chosen } from './models-use.ts';

export async function pull(context: Context, name: string): Promise<ExitCode> {
  const { args, output } = context;
  if (args.has('no-wait') && !args.has('use'))
    throw usage('--no-wait goes with --use: a download is always waited for.');
  const builtIn = catalogueEntry(name)?.source === null;
  const pulled = builtIn && args.has('use') ? null : await download(context, name);
  if (pulled && !output.json) report(context, pulled);
  const use = args.has('use') ? await choose(context, pulled?.name ?? name, pulled?.kind) : null;
  if (output.json) output.data({ ...pulled, use });
  else if (use) chosen(context, use);
  return EXIT.ok;
}

async function download(context: Context, name: string): Promise<Pulled> {
  const { args } = context;
  const models = await modelsOf(context);
  const bar = progressOf(context, name, 'bytes');
  try {
    const request = { name, kind: kindOf(context), file: args.text('file') ?? undefined, update: args.has('update') };
    return await models.pull(request, {
      onProgress: ({ done, total }) => bar.update(done, total),
      onWait: (ms, reason) => bar.note(`${reason}; trying again in ${Math.ceil(ms / 1000)} s.`),
    });
  } finally {
    bar.end();
  }
}

function report({ args, output }: Context, { name, folder, repo, revision, size_bytes, changed }: Pulled): void {
  const from = `${bytes(size_bytes)} of ${repo} at ${shortRevision(revision)}`;
  if (!changed && args.has('update')) output.line(`${name} is up to date: ${from}, in ${folder}`);
  else if (!changed) output.line(`${name} is there already, complete: ${from}, in ${folder}`);
  else output.line(`Pulled ${name}: ${from}, to ${folder}`);
  if (!args.has('use')) output.remark(`Use it with "engram models use ${name}".`);
}
