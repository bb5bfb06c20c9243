// What the conformance suite expects a server to offer, beside what the server is for.
import { completable, type McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';

/** A red dot. */
const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==';
/** No sound at all. */
const WAV = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAAAAA==';

const text = (value: string) => ({ type: 'text' as const, text: value });
const image = { type: 'image' as const, data: PNG, mimeType: 'image/png' };
const audio = { type: 'audio' as const, data: WAV, mimeType: 'audio/wav' };
const embedded = (uri: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType: 'text/plain', text: 'This is an embedded resource content.' },
});
const user = (...content: readonly (ReturnType<typeof text> | typeof image | ReturnType<typeof embedded>)[]) => ({
  messages: content.map((part) => ({ role: 'user' as const, content: part })),
});

const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object' as const,
  $defs: { address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } } },
  properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
  additionalProperties: false,
};

export function addConformanceParts(mcp: McpServer): void {
  mcp.server.registerCapabilities({ logging: {}, resources: { subscribe: true } });
  const tool = (name: string, content: () => unknown[]) =>
    mcp.registerTool(name, { description: name }, () => ({ content: content() }) as never);
  tool('test_simple_text', () => [text('This is a simple text response for testing.')]);
  tool('test_image_content', () => [image]);
  tool('test_audio_content', () => [audio]);
  tool('test_embedded_resource', () => [embedded('test://embedded-resource')]);
  tool('test_multiple_content_types', () => [text('Multiple content types test:'), image, embedded('test://mixed')]);
  mcp.registerTool('test_error_handling', { description: 'Fails' }, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });
  mcp.registerTool('test_tool_with_logging', { description: 'Logs' }, async (ctx) => {
    for (const step of ['Tool execution started', 'Tool processing data', 'Tool execution completed'])
      await ctx.mcpReq.log('info', step);
    return { content: [text('Logged.')] };
  });
  mcp.registerTool('test_tool_with_progress', { description: 'Tells how far it is' }, async (ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    for (const progress of progressToken === undefined ? [] : [0, 50, 100])
      await ctx.mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress, total: 100 },
      } as never);
    return { content: [text('Done.')] };
  });
  const asIs = { version: 1 as const, vendor: 'test', validate: (value: unknown) => ({ value }) };
  const inputSchema = { '~standard': { ...asIs, jsonSchema: { input: () => SCHEMA, output: () => SCHEMA } } };
  mcp.registerTool('json_schema_2020_12_tool', { description: 'Has a rich schema', inputSchema }, () => ({
    content: [text('Taken.')],
  }));

  mcp.registerResource('static-text', 'test://static-text', { mimeType: 'text/plain' }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'This is the content of the static text resource.' }],
  }));
  mcp.registerResource('static-binary', 'test://static-binary', { mimeType: 'image/png' }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'image/png', blob: PNG }],
  }));
  mcp.registerResource('watched', 'test://watched-resource', { mimeType: 'text/plain' }, (uri) => ({
    contents: [{ uri: uri.href, mimeType: 'text/plain', text: 'Watched' }],
  }));
  const template = new ResourceTemplate('test://template/{id}/data', { list: undefined });
  mcp.registerResource('template', template, { mimeType: 'application/json' }, (uri, { id }) => ({
    contents: [
      {
        uri: uri.href,
        mimeType: 'application/json',
        text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${String(id)}` }),
      },
    ],
  }));
  mcp.server.setRequestHandler('resources/subscribe', () => ({}));
  mcp.server.setRequestHandler('resources/unsubscribe', () => ({}));

  mcp.registerPrompt('test_simple_prompt', { description: 'Simple' }, () =>
    user(text('This is a simple prompt for testing.')),
  );
  const word = (name: string) =>
    completable(z.string().meta({ description: name }), (typed) => [`${typed}ris`, `${typed}rk`]);
  mcp.registerPrompt(
    'test_prompt_with_arguments',
    { description: 'With arguments', argsSchema: z.object({ arg1: word('First'), arg2: word('Second') }) },
    ({ arg1, arg2 }) => user(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  );
  mcp.registerPrompt(
    'test_prompt_with_embedded_resource',
    { description: 'With a resource', argsSchema: z.object({ resourceUri: z.string() }) },
    ({ resourceUri }) => user(embedded(resourceUri), text('Please process the embedded resource above.')),
  );
  mcp.registerPrompt('test_prompt_with_image', { description: 'With an image' }, () =>
    user(image, text('Please analyze the image above.')),
  );
}
