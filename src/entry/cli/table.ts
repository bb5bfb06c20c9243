// Rows in columns, for people. A terminal that is too narrow gets shorter cells, not broken lines; a pipe gets everything.
import { cut, displayWidth, padTo } from './width.ts';

export interface Column {
  readonly name: string;
  /** Numbers stand under each other by their last digit. */
  readonly right?: true;
}

const GAP = 2;
/** A column is not made narrower than this for the sake of the others. */
const LEAST = 8;

/** @param width columns of the terminal; null to cut nothing */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number | null,
): string[] {
  const all = [columns.map(({ name }) => name), ...rows];
  const widths = columns.map((_, at) => Math.max(...all.map((row) => displayWidth(row[at] ?? ''))));
  if (width !== null) narrow(widths, width - GAP * (columns.length - 1));
  return all.map((row) =>
    columns
      .map(({ right }, at) => {
        const cell = cut(row[at] ?? '', widths[at]!);
        return right ? ' '.repeat(widths[at]! - displayWidth(cell)) + cell : padTo(cell, widths[at]!);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** Takes from the widest column until all fit, so that short ones stay whole. */
function narrow(widths: number[], available: number): void {
  let over = widths.reduce((sum, width) => sum + width, 0) - available;
  while (over > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    const next = Math.max(LEAST, ...widths.filter((width) => width < widths[widest]!));
    const step = Math.min(over, Math.max(1, widths[widest]! - next));
    if (widths[widest]! - step < LEAST) return;
    widths[widest]! -= step;
    over -= step;
  }
}
