// Checks input against a contract and words what is wrong so that the caller can mend it.
import { z } from 'zod';
import { nearest } from '../../algo/nearest.ts';
import { AppError, type Issue } from '../../core/errors.ts';

const keysOf = (schema: z.ZodType): string[] => {
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  const inner = (schema as { def?: { innerType?: z.ZodType; in?: z.ZodType } }).def;
  return inner?.innerType ? keysOf(inner.innerType) : inner?.in ? keysOf(inner.in) : [];
};

function toIssues(error: z.ZodError, schema: z.ZodType, part: string): Issue[] {
  return error.issues.flatMap((issue): Issue[] => {
    const path = [part, ...issue.path.map(String)].join('.');
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    return issue.keys.map((key) => {
      const guess = issue.path.length === 0 ? nearest(key, keysOf(schema)) : null;
      return {
        path: `${path}.${key.slice(0, 100)}`,
        message: guess ? `unknown field; did you mean "${guess}"?` : 'unknown field',
      };
    });
  });
}

/** @throws AppError invalid_request with one issue per problem */
export function validate(schema: z.ZodType, value: unknown, part: 'params' | 'query' | 'body'): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = toIssues(result.error, schema, part);
  const [first] = issues;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more, see issues)` : '';
  throw new AppError('invalid_request', first ? `${first.path}: ${first.message}${more}` : undefined, { issues });
}
