// The tools for the Vercel AI SDK, used by a real generateText; only the model is made up.
import { join } from 'node:path';
import { generateText, stepCountIs } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as Ai from '../../sdk/typescript/src/ai.ts';
import { EngramClient } from '../../sdk/typescript/src/index.ts';
import { installSdkForClients } from '../sdk/package.ts';
import { type ServedApp, serveApp } from '../sdk/support.ts';

let served: ServedApp;
let client: EngramClient;
let ai: typeof Ai;
beforeAll(async () => {
  served = await serveApp();
  client = new EngramClient({ url: served.url, apiKey: served.app.key });
  ai = await import(/* @vite-ignore */ join(await installSdkForClients(), 'dist/ai.js'));
});
afterAll(() => served.close());

const usage = {
  inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 1, text: 1, reasoning: 0 },
};
type Call = readonly [tool: string, input: object];
/** Calls these tools one after the other, then says that it is done. */
const model = (...calls: Call[]) =>
  new MockLanguageModelV4({
    doGenerate: [
      ...calls.map(([toolName, input], n) => ({
        content: [{ type: 'tool-call' as const, toolCallId: `call_${n}`, toolName, input: JSON.stringify(input) }],
        finishReason: { unified: 'tool-calls' as const, raw: undefined },
        usage,
        warnings: [],
      })),
      {
        content: [{ type: 'text' as const, text: 'Done.' }],
        finishReason: { unified: 'stop' as const, raw: undefined },
        usage,
        warnings: [],
      },
    ],
  });
const ask = async (asked: MockLanguageModelV4) => {
  const tools = ai.engramTools(client, { store: { source: 'assistant' }, search: { limit: 3 } });
  const { steps, text } = await generateText({ model: asked, tools, prompt: 'Go.', stopWhen: stepCountIs(9) });
  expect(text).toBe('Done.');
  return steps.flatMap(({ content }) =>
    content.flatMap((part) =>
      part.type === 'tool-result' ? [part.output] : part.type === 'tool-error' ? [part.error] : [],
    ),
  );
};

describe('the tools', () => {
  it('store, find and forget', async () => {
    const [stored] = await ask(model(['storeMemory', { content: 'Miso likes tuna', tags: ['cat'], importance: 6 }]));
    expect(stored).toEqual({ id: expect.any(Number), created: true });
    const { id } = stored as { id: number };
    expect(await client.get(id)).toMatchObject({ source: 'assistant', tags: ['cat'], importance: 6 });
    const [found, forgotten, gone] = await ask(
      model(
        ['searchMemory', { query: 'what does Miso like' }],
        ['forgetMemory', { id, reason: 'allergic' }],
        ['searchMemory', { query: 'what does Miso like', limit: 1 }],
      ),
    );
    expect(found).toMatchObject({ memories: [{ id, content: 'Miso likes tuna' }], abstained: expect.any(Boolean) });
    expect(forgotten).toEqual({ forgotten: id });
    expect(gone).toMatchObject({ memories: [] });
  });

  it('tell the model what they take', async () => {
    const asked = model();
    await ask(asked);
    const tools = asked.doGenerateCalls[0]!.tools!.map((tool) => (tool.type === 'function' ? tool : null));
    expect(tools.map((tool) => tool?.name)).toEqual(['storeMemory', 'searchMemory', 'forgetMemory']);
    expect(tools[1]?.inputSchema).toMatchObject({ type: 'object', required: ['query'], additionalProperties: false });
  });

  it('hand an error to the model', async () => {
    const [error] = await ask(model(['forgetMemory', { id: 987_654 }]));
    expect(error).toMatchObject({ name: 'EngramError', statusCode: 404 });
  });
});
