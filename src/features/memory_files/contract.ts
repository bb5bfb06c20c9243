// Memories as files below /memories: what Anthropic's memory tool sends, and plain reading and writing of the same files.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';
import { Text, TimeText } from '../../core/shapes.ts';

/** The largest memory when every character is written as an escape, twice: a text and what is to become of it. */
const BODY_LIMIT = 1024 * 1024;

const Path = Text.min(1, 'must not be empty').max(4096).meta({
  description: 'Path below /memories; directories are there as long as something lies in them',
  example: '/memories/projects/harbour.md',
});
const Content = (description: string) => Text.meta({ description, example: '# Harbour\n- opens at nine\n' });
const Whole = (description: string) => z.number().int('must be a whole number').meta({ description });

const command = <const Name extends string, Shape extends z.ZodRawShape>(name: Name, shape: Shape) =>
  z.strictObject({ command: z.literal(name).meta({ description: 'What to do' }), ...shape });

/** The input of the tool as the model writes it. */
export const ToolInput = z
  .discriminatedUnion(
    'command',
    [
      command('view', {
        path: Path,
        view_range: z
          .tuple([Whole('First line, from 1'), Whole('Last line; -1 is the end')])
          .nullish()
          .meta({ description: 'Only these lines of a file', example: [1, 20] }),
      }),
      command('create', { path: Path, file_text: Content('The whole text of the new file') }),
      command('str_replace', {
        path: Path,
        old_str: Text.min(1, 'must not be empty').meta({
          description: 'Text that stands exactly once in the file',
          example: 'opens at nine',
        }),
        new_str: Text.default('').meta({ description: 'What takes its place', example: 'opens at ten' }),
      }),
      command('insert', {
        path: Path,
        insert_line: Whole('Line after which the text goes; 0 is the beginning'),
        insert_text: Content('The lines to put in'),
      }),
      command('delete', { path: Path }),
      command('rename', { old_path: Path, new_path: Path }),
    ],
    { error: 'command must be view, create, str_replace, insert, delete or rename' },
  )
  .meta({ id: 'MemoryToolInput' });
export type ToolInput = z.output<typeof ToolInput>;

export const memoryTool = endpoint({
  id: 'memory_files.tool',
  method: 'POST',
  path: '/memory-tool',
  access: 'write',
  summary: 'Run a command of the memory tool (memory_20250818)',
  description:
    'The body is the `input` of a `tool_use` block, the answer fits into its `tool_result`. What the model can mend, such as a path that is not there, is answered with `is_error` and a sentence for it. Each file is a memory: found by search, with a version for each edit, in the trash when deleted.',
  body: ToolInput,
  body_limit: BODY_LIMIT,
  response: z.looseObject({
    content: z.string().meta({
      description: 'What the model is told',
      example: 'File created successfully at: /memories/projects/harbour.md',
    }),
    is_error: z.boolean().meta({ description: 'It was not done', example: false }),
  }),
});

const File = {
  path: z.string().meta({ description: 'Where it lies', example: '/memories/projects/harbour.md' }),
  size: z.number().int().meta({ description: 'Bytes of its text' }),
  memory_id: z.number().int().meta({ description: 'The memory it is, in its newest version' }),
  version: z.number().int().meta({ description: 'Counts the edits, from 1' }),
  held: z.boolean().meta({ description: 'It waits in the inbox and cannot be read here until it is approved' }),
  updated_at: TimeText.meta({ description: 'When it was written last' }),
};

export const listFiles = endpoint({
  id: 'memory_files.list',
  method: 'GET',
  path: '/memory-files',
  access: 'read',
  summary: 'List the memory files of a space',
  query: z.strictObject({ path: Path.default('/memories').meta({ description: 'Only what lies below it' }) }),
  response: z.looseObject({
    files: z.array(z.looseObject(File)).meta({ description: 'By path' }),
  }),
});

const FileWithText = z.looseObject({ ...File, text: Content('The whole text') }).meta({ id: 'MemoryFile' });

export const readFile = endpoint({
  id: 'memory_files.read',
  method: 'GET',
  path: '/memory-files/content',
  access: 'read',
  summary: 'Read a memory file',
  query: z.strictObject({ path: Path }),
  response: FileWithText,
  errors: ['file_not_found'],
});

export const writeFile = endpoint({
  id: 'memory_files.write',
  method: 'PUT',
  path: '/memory-files/content',
  access: 'write',
  summary: 'Write a memory file, new or in place of what it said',
  body: z.strictObject({
    path: Path,
    text: Content('The whole text'),
    version: Whole('Refuse when the file has another version by now; 0: when there is one').min(0).nullish(),
  }),
  body_limit: BODY_LIMIT,
  response: FileWithText,
  errors: ['content_too_large', 'file_changed', 'file_exists', 'file_not_found', 'quota_exceeded'],
});

export const deleteFile = endpoint({
  id: 'memory_files.delete',
  method: 'DELETE',
  path: '/memory-files',
  access: 'write',
  summary: 'Move a memory file, or all below a path, to the trash',
  query: z.strictObject({ path: Path }),
  response: z.looseObject({
    deleted: z.number().int().meta({ description: 'How many files' }),
  }),
  errors: ['file_not_found'],
});
