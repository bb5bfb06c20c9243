// Several operations in one request, in order, until one fails.
import { z } from 'zod';
import { AppError } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import { Id } from '../../core/shapes.ts';
import { LinkRequest, StoreRequest, UpdateRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';

interface Operation {
  op: 'store' | 'update' | 'link';
  body: Record<string, unknown>;
}
type Outcome = {
  index: number;
  op: string;
  success: boolean;
  result?: unknown;
  error?: string;
};

const WithId = z.looseObject({ id: Id });

export function createBatch(memory: MemoryService) {
  async function perform(scope: Scope, { op, body }: Operation): Promise<unknown> {
    if (op === 'store') {
      const { id, stored, duplicate_of } = await memory.store(scope, StoreRequest.parse({ source: 'batch', ...body }));
      return stored ? { stored, id } : { stored, duplicate: true, id, existing_id: duplicate_of };
    }
    if (op === 'update') {
      const { id, ...change } = WithId.parse(body);
      const { new_id } = await memory.update(scope, id, UpdateRequest.parse(change));
      return { id: new_id, old_id: id, updated: true };
    }
    const link = LinkRequest.parse(body);
    await memory.link(scope, link);
    return { linked: true, source_id: link.source_id, target_id: link.target_id };
  }

  return {
    async run(scope: Scope, operations: readonly Operation[]) {
      const results: Outcome[] = [];
      for (const [index, operation] of operations.entries()) {
        try {
          results.push({ index, op: operation.op, success: true, result: await perform(scope, operation) });
        } catch (error) {
          if (!(error instanceof AppError) && !(error instanceof z.ZodError)) throw error;
          const message =
            error instanceof z.ZodError
              ? error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; ')
              : error.message;
          results.push({ index, op: operation.op, success: false, error: message });
          break;
        }
      }
      return { results, total: operations.length, succeeded: results.filter((r) => r.success).length };
    },
  };
}
export type Batch = ReturnType<typeof createBatch>;
