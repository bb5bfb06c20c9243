// What every index asks of the records it is given.
import type { VectorRecord } from '../../core/ports.ts';

/** @throws when a vector is not of the model's size */
export function checkDims(record: VectorRecord, dims: number): void {
  if (record.vector.length === dims) return;
  throw new Error(`The vector of memory ${record.memory_id} has ${record.vector.length} numbers instead of ${dims}`);
}

/** @throws when a query is not of the model's size */
export function checkQuery(query: Float32Array, dims: number): void {
  if (query.length !== dims) throw new Error(`A query of ${query.length} numbers, the model has ${dims}`);
}

/** The pieces of each memory. A piece named twice counts once, with its later vector. */
export function byMemory(records: readonly VectorRecord[]): Map<number, readonly VectorRecord[]> {
  const memories = new Map<number, VectorRecord[]>();
  for (const record of records) {
    const pieces = memories.get(record.memory_id);
    if (!pieces) memories.set(record.memory_id, [record]);
    else {
      const same = pieces.findIndex(({ part }) => part === record.part);
      pieces[same < 0 ? pieces.length : same] = record;
    }
  }
  return memories;
}
