// The commands of the memory tool, in the words its documentation gives them.
import { AppError, type ErrorCode } from '../../core/errors.ts';
import type { Scope } from '../../core/scope.ts';
import type { ToolInput } from './contract.ts';
import { directoryView, fileView, inserted, replaced, snippet } from './rules.ts';
import { type MemoryFiles, notThere, PLEASE, type Taken } from './service.ts';

export type ToolAnswer = { content: string; is_error: boolean };

/** What the model can mend; everything else fails the request. */
const FOR_THE_MODEL: ReadonlySet<ErrorCode> = new Set([
  'content_too_large',
  'file_changed',
  'file_exists',
  'file_not_found',
  'invalid_request',
  'quota_exceeded',
]);

/** Not a word where a text was kept as it came. */
function remarks({ redacted, quarantined }: Taken): string {
  const kinds = redacted.map(({ kind }) => kind).join(', ');
  const secrets = redacted.length === 0 ? '' : `\nSecrets were taken out of it: ${kinds}.`;
  return quarantined ? `${secrets}\nIt waits in the inbox for a person to look at it.` : secrets;
}

export function createTool(files: MemoryFiles) {
  async function run(scope: Scope, input: ToolInput): Promise<string> {
    switch (input.command) {
      case 'view': {
        const seen = await files.look(scope, input.path);
        return seen.kind === 'file'
          ? fileView(input.path, seen.text, input.view_range ?? null)
          : directoryView(seen.path, seen.files);
      }
      case 'create': {
        const taken = await files.create(scope, input.path, input.file_text);
        return `File created successfully at: ${input.path}${remarks(taken)}`;
      }
      case 'str_replace': {
        const { path, old_str, new_str } = input;
        const done = await files.edit(
          scope,
          path,
          (text) => replaced(path, text, old_str, new_str),
          () => notThere(path, PLEASE),
        );
        return `The memory file has been edited. Here is the snippet showing the change (with line numbers):\n${snippet(done.edit.text, done.edit.line)}${remarks(done.taken)}`;
      }
      case 'insert': {
        const { path, insert_line, insert_text } = input;
        const done = await files.edit(
          scope,
          path,
          (text) => inserted(text, insert_line, insert_text),
          () => notThere(path),
        );
        return `The file ${path} has been edited.${remarks(done.taken)}`;
      }
      case 'delete':
        await files.remove(scope, input.path);
        return `Successfully deleted ${input.path}`;
      case 'rename':
        await files.rename(scope, input.old_path, input.new_path);
        return `Successfully renamed ${input.old_path} to ${input.new_path}`;
    }
  }

  return async (scope: Scope, input: ToolInput): Promise<ToolAnswer> => {
    try {
      return { content: await run(scope, input), is_error: false };
    } catch (error) {
      if (!(error instanceof AppError) || !FOR_THE_MODEL.has(error.code)) throw error;
      // As documented: a view says what is wrong without a label, and so does a replacement that was not made.
      const plain = input.command === 'view' || error.message.startsWith('No replacement');
      return { content: plain ? error.message : `Error: ${error.message}`, is_error: true };
    }
  };
}
export type MemoryTool = ReturnType<typeof createTool>;
