// Quotas are held by triggers (migrations/0020); this turns their refusal into a sentence.
import { AppError } from '../../core/errors.ts';
import { messageOf } from '../../core/thrown.ts';

const REFUSAL = /engram quota (max_\w+)/;

const SAID: Readonly<Record<string, string>> = {
  max_memories:
    'Your quota of memories is full; every version counts, and the trash too. Erase some (DELETE /memory/{id}, DELETE /memory/trash)',
  max_conversations: 'Your quota of conversations is full. Delete some (DELETE /conversations/{id})',
  max_api_keys: 'The quota of keys for one user is full. Revoke one (DELETE /keys/{id})',
  max_spaces: 'Your quota of spaces is full. Delete one (DELETE /spaces/{id})',
  max_memory_size_bytes: 'This memory is larger than your quota allows one to be. Split it, or store a summary',
};

/** Null when the error is something else. */
export function quotaProblem(error: unknown): AppError | null {
  const said = SAID[REFUSAL.exec(messageOf(error))?.[1] ?? ''];
  if (said === undefined) return null;
  const what = `${said}; GET /quota shows what you have and may have, an administrator can give you more (PUT /admin/quotas).`;
  return new AppError('quota_exceeded', what, { cause: error });
}
