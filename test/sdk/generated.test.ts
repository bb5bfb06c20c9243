// The generated half: one method per endpoint, which asks for exactly that endpoint.
import { describe, expect, it } from 'vitest';
import { camel, comment, type Schema, typeOf } from '../../scripts/gen-sdk-types.ts';
import { EngramApi, type Operation, type Transport } from '../../sdk/typescript/src/index.ts';
import { FEATURES } from '../../src/entry/contracts.ts';

type Method = (...args: unknown[]) => unknown;

/** Answers with the operation it was asked for, and how. */
const asked = { how: '', operation: undefined as Operation | undefined };
const note =
  (how: string) =>
  (operation: Operation): never => {
    Object.assign(asked, { how, operation });
    return undefined as never;
  };
const transport: Transport = {
  json: note('json'),
  text: note('text'),
  response: note('response'),
  events: note('events'),
  backoff: async () => {},
};

describe('the endpoints of the SDK', () => {
  const api = new EngramApi(transport) as unknown as Record<string, Record<string, Method>>;

  it.each(FEATURES.map(({ name, endpoints }) => ({ name, endpoints })))(
    'of $name are all there',
    ({ name, endpoints }) => {
      for (const { id, method, path, produces, access } of endpoints) {
        const call = api[camel(name)]?.[camel(id.slice(id.indexOf('.') + 1))];
        expect(call, id).toBeTypeOf('function');
        const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => `{${parameter}}`);
        call!.call(api[camel(name)], ...inPath);
        expect(asked.operation, id).toMatchObject({
          method,
          path: path.replace(/\{\w+\}/g, (one) => encodeURIComponent(one)),
        });
        expect(asked.operation!.readOnly === true, id).toBe(method === 'POST' && access === 'read');
        const kind = produces?.startsWith('text/event-stream')
          ? 'events'
          : produces?.startsWith('text/')
            ? 'text'
            : 'json';
        if (!/^application\/(?!json)/.test(produces ?? '')) expect(asked.how, id).toBe(kind);
        else expect(asked.how, id).toBe('response');
      }
    },
  );
});

describe('the types of the SDK', () => {
  it.each<[string, Schema, string]>([
    ['a reference', { $ref: '#/components/schemas/Memory' }, 'Memory'],
    ['words', { enum: ['a', "it's"] }, "'a' | 'it\\'s'"],
    ['a constant', { const: true }, 'true'],
    ['several types', { type: ['integer', 'null'] }, 'number | null'],
    ['a choice', { anyOf: [{ type: 'integer' }, { type: 'number' }, { type: 'string' }] }, 'number | string'],
    ['a list', { type: 'array', items: { type: 'string' } }, 'string[]'],
    ['a list of a choice', { type: 'array', items: { type: ['string', 'null'] } }, '(string | null)[]'],
    ['a pair', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }] }, '[string, number]'],
    ['a map', { type: 'object', additionalProperties: { type: 'boolean' } }, '{ [key: string]: boolean }'],
    ['nothing said', {}, 'unknown'],
    [
      'fields',
      {
        type: 'object',
        properties: { 'x-y': { type: 'string' }, n: { type: 'integer', description: 'How many', default: 5 } },
        required: ['x-y'],
      },
      "{\n  'x-y': string;\n  /** How many. Default: `5` */\n  n?: number;\n}",
    ],
  ])('%s', (_what, schema, type) => {
    expect(typeOf(schema)).toBe(type);
  });

  it('are refused where there is none', () => {
    expect(() => typeOf({ type: 'bigint' })).toThrow('No TypeScript type is known');
  });

  it('keep a comment inside its comment, and within the width', () => {
    expect(comment('every */5 minutes', '')).toBe('/** every *\\/5 minutes */\n');
    const long = comment('word '.repeat(60), '  ');
    expect(Math.max(...long.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(comment(undefined, '')).toBe('');
  });
});
