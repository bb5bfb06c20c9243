// LangChain.js on Engram, with the real @langchain/core: what is said in a session comes back, memories come as documents.
import { join } from 'node:path';
import { AIMessage, type BaseMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngramClient } from '../../sdk/typescript/src/index.ts';
import type * as Langchain from '../../sdk/typescript/src/langchain.ts';
import { installSdkForClients } from '../sdk/package.ts';
import { type ServedApp, serveApp } from '../sdk/support.ts';

let served: ServedApp;
let client: EngramClient;
let langchain: typeof Langchain;
beforeAll(async () => {
  served = await serveApp();
  client = new EngramClient({ url: served.url, apiKey: served.app.key });
  langchain = await import(/* @vite-ignore */ join(await installSdkForClients(), 'dist/langchain.js'));
});
afterAll(() => served.close());

const history = (sessionId: string) => new langchain.EngramChatMessageHistory({ client, sessionId });
const told = (messages: BaseMessage[]) => messages.map((message) => message.toDict());

describe('the chat history', () => {
  it('gives messages back as they were, tool calls and parts of a message too', async () => {
    const call = { name: 'search', args: { query: 'staging' }, id: 'call_1', type: 'tool_call' as const };
    const said = [
      new SystemMessage('You are helpful.'),
      new HumanMessage({ content: [{ type: 'text', text: 'Where is staging?' }], id: 'h1' }),
      new AIMessage({ content: '', tool_calls: [call] }),
      new ToolMessage({ content: 'Oslo', tool_call_id: 'call_1', name: 'search' }),
      new AIMessage('In Oslo.'),
    ];
    await history('chat-1').addMessages(said.slice(0, 3));
    for (const message of said.slice(3)) await history('chat-1').addMessage(message);
    const back = await history('chat-1').getMessages();
    expect(told(back)).toEqual(told(said));
    expect(back.map((message) => message.constructor)).toEqual(said.map((message) => message.constructor));
    expect((back[2] as AIMessage).tool_calls).toEqual([call]);
  });

  it('is found by its words, apart from other sessions', async () => {
    await history('chat-2').addUserMessage('The cat is called Miso');
    await history('chat-3').addAIMessage('Noted.');
    expect((await history('chat-2').getMessages()).map(({ text }) => text)).toEqual(['The cat is called Miso']);
    const { messages } = await client.api.conversations.searchMessages({ query: 'Miso' });
    expect(messages.map(({ role, content }) => ({ role, content }))).toEqual([
      { role: 'user', content: 'The cat is called Miso' },
    ]);
  });

  it('is empty at first, and after it was cleared', async () => {
    expect(await history('chat-4').getMessages()).toEqual([]);
    await history('chat-4').addUserMessage('forget this');
    await history('chat-4').clear();
    expect(await history('chat-4').getMessages()).toEqual([]);
  });

  it('reads what another program put into the conversation', async () => {
    const messages = [
      { role: 'user', content: 'hello' },
      { role: 'narrator', content: 'a door opens' },
    ];
    await client.api.conversations.upsert({ agent: 'langchain', session_id: 'chat-5', messages });
    const back = await history('chat-5').getMessages();
    expect(back.map((message) => [message.getType(), message.text])).toEqual([
      ['human', 'hello'],
      ['generic', 'a door opens'],
    ]);
  });
});

describe('the retriever', () => {
  it('brings memories as documents, alone and in a chain', async () => {
    const { id } = await client.store({ content: 'The staging server stands in Oslo', category: 'state' });
    await client.store({ content: 'The staging server is painted blue', category: 'color' });
    const retriever = new langchain.EngramRetriever({ client, search: { limit: 5, category: 'state' } });
    const [document, ...more] = await retriever.invoke('staging server');
    expect(more).toEqual([]);
    expect(document).toMatchObject({
      id: String(id),
      pageContent: 'The staging server stands in Oslo',
      metadata: { category: 'state', score: expect.any(Number) },
    });
    const chain = retriever.pipe((documents) => documents.map(({ pageContent }) => pageContent).join('\n'));
    expect(await chain.invoke('staging server')).toBe('The staging server stands in Oslo');
  });
});
