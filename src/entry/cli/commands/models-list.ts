// engram models list: what there is, what is installed, what is in use.
import { listModels } from '../../../features/models/contract.ts';
import type { KnownModel } from '../../../features/models/service.ts';
import type { Context } from '../command.ts';
import { CliError, EXIT, type ExitCode } from '../failure.ts';
import { bytes } from '../output.ts';
import { modelsOf } from './models-common.ts';

export async function listKnown(context: Context): Promise<ExitCode> {
  const { output } = context;
  const known = await (await modelsOf(context)).known();
  const { active, unknown } = await inUseNow(context);
  if (output.json) {
    output.data({ models: known.map((model) => ({ ...model, active: active?.has(model.name) ?? null })) });
    return EXIT.ok;
  }
  const rows = known.map((model) => [
    ...[model.name, model.kind, model.size_bytes === null ? '' : bytes(model.size_bytes)],
    ...[model.dims === null ? '' : String(model.dims), model.languages, state(model, active)],
  ]);
  const [heading, ...lines] = table([['NAME', 'KIND', 'SIZE', 'DIMS', 'LANGUAGES', 'STATE'], ...rows]);
  output.line(output.paint('bold', heading!));
  for (const line of lines) output.line(line);
  if (unknown !== null) output.remark(`What is in use is not known: ${unknown}`);
  return EXIT.ok;
}

/** @returns null without a server and a store, and why when there is one that does not say */
async function inUseNow(context: Context): Promise<{ active: ReadonlySet<string> | null; unknown: string | null }> {
  try {
    const { models } = await context.withCall((call) => call(listModels));
    return { active: new Set(models.flatMap(({ name, active }) => (active ? [name] : []))), unknown: null };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return { active: null, unknown: error.exit === EXIT.unreachable ? null : error.message };
  }
}

function state({ name, built_in, installed }: KnownModel, active: ReadonlySet<string> | null): string {
  if (active?.has(name)) return 'in use';
  return built_in ? 'built in' : installed ? 'installed' : '';
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
