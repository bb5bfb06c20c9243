// engram models verify: is what lies on the disk still what was downloaded?
import type { Context } from '../command.ts';
import { EXIT, type ExitCode } from '../failure.ts';
import { modelsOf } from './models-common.ts';

export async function verify(context: Context, name: string | null): Promise<ExitCode> {
  const { output } = context;
  const models = await modelsOf(context);
  const names = name === null ? (await models.list()).map((model) => model.name) : [name];
  const checked = [];
  for (const one of names) checked.push(await models.verify(one));
  const ok = checked.every(({ problems }) => problems.length === 0);
  if (output.json) output.data({ ok, models: checked });
  else {
    if (checked.length === 0) output.remark('No models are installed. "engram models pull" gets one.');
    for (const { name: model, files, problems } of checked) {
      if (problems.length === 0) output.line(`${output.paint('green', '✓')} ${model}: ${files} files, as downloaded`);
      for (const problem of problems) output.line(`${output.paint('red', '✗')} ${model}: ${problem}`);
      if (problems.length > 0) output.line(`  "engram models pull ${model}" mends it.`);
    }
  }
  return ok ? EXIT.ok : EXIT.failed;
}
