// Tables for reading in a terminal: first column to the left, figures to the right.

export type Cell = string | number | boolean | null;

export interface Table {
  title: string;
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
}

/** Three digits that matter, thousands with commas: tables are for comparing, the JSON has every digit. */
export function shown(cell: Cell): string {
  if (cell === null) return '-';
  if (typeof cell !== 'number') return String(cell);
  if (!Number.isFinite(cell)) return '-';
  if (Number.isInteger(cell)) return cell.toLocaleString('en-US');
  const size = Math.abs(cell);
  if (size >= 1000) return Math.round(cell).toLocaleString('en-US');
  return cell.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

export const percent = (share: number | null): string =>
  share === null || Number.isNaN(share) ? '-' : `${(share * 100).toFixed(1)} %`;

export function render({ title, columns, rows }: Table): string {
  const lines = [columns, ...rows.map((row) => row.map(shown))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => (line[i] ?? '').length)));
  const drawn = lines.map((line) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [title, drawn[0]!, rule, ...drawn.slice(1)].map((line) => line.trimEnd()).join('\n');
}
