// The memory tool of Anthropic's SDK with this server behind it: the tool runner runs what a model asks for. The model is a
// server here that answers from a script.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Anthropic from '@anthropic-ai/sdk';
import { betaMemoryTool } from '@anthropic-ai/sdk/helpers/beta/memory';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServedApp, serveApp } from '../sdk/support.ts';

let served: ServedApp;
let model: Server;
let client: Anthropic;
/** What the model asks for, one command a turn. */
let script: object[] = [];
/** What it was told. */
// biome-ignore lint/suspicious/noExplicitAny: whatever the SDK sends
const told: any[] = [];

beforeAll(async () => {
  served = await serveApp();
  model = createServer(async (request, response) => {
    let text = '';
    for await (const part of request) text += part;
    told.push(JSON.parse(text).messages.at(-1).content);
    const input = script.shift();
    const content = input
      ? [{ type: 'tool_use', id: `toolu_${told.length}`, name: 'memory', input }]
      : [{ type: 'text', text: 'Done.' }];
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({
        ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'scripted', content },
        stop_reason: input ? 'tool_use' : 'end_turn',
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      }),
    );
  });
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve));
  const { port } = model.address() as AddressInfo;
  client = new Anthropic({ apiKey: 'none', baseURL: `http://127.0.0.1:${port}`, maxRetries: 0 });
});
afterAll(async () => {
  await new Promise((resolve) => model.close(resolve));
  await served.close();
});

/** As a program would write it: each command goes to the server as it is, and what it refuses is an error of the tool. */
const ask = async (input: object): Promise<string> => {
  const response = await fetch(`${served.url}/memory-tool`, {
    method: 'POST',
    headers: { authorization: `Bearer ${served.app.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(input),
  });
  const { content, is_error, error } = (await response.json()) as {
    content: string;
    is_error: boolean;
    error?: string;
  };
  if (error !== undefined || is_error) throw new Error(error ?? content);
  return content;
};
const memory = betaMemoryTool({
  view: ask,
  create: ask,
  str_replace: ask,
  insert: ask,
  delete: ask,
  rename: ask,
});

it('keeps files between conversations', async () => {
  const path = '/memories/boats.md';
  const run = async (...commands: object[]) => {
    script = commands;
    told.length = 0;
    await client.beta.messages.toolRunner({
      model: 'scripted',
      max_tokens: 100,
      betas: ['context-management-2025-06-27'],
      tools: [memory],
      messages: [{ role: 'user', content: 'Go on.' }],
    });
    return told.slice(1).map(([result]) => [result.is_error === true, result.content]);
  };
  expect(
    await run(
      { command: 'view', path: '/memories' },
      { command: 'create', path, file_text: '# Boats\n- Petrel is red\n' },
      { command: 'create', path, file_text: 'again' },
      { command: 'str_replace', path, old_str: 'red', new_str: 'blue' },
      { command: 'insert', path, insert_line: 2, insert_text: '- Tern is white\n' },
    ),
  ).toEqual([
    [
      false,
      expect.stringMatching(/^Here're the files and directories up to 2 levels deep in \/memories,.*\n0B\t\/memories$/),
    ],
    [false, `File created successfully at: ${path}`],
    [true, expect.stringContaining(`File ${path} already exists`)],
    [false, expect.stringMatching(/^The memory file has been edited\./)],
    [false, `The file ${path} has been edited.`],
  ]);
  expect(
    await run(
      { command: 'view', path },
      { command: 'rename', old_path: path, new_path: '/memories/fleet/boats.md' },
      { command: 'delete', path: '/memories/fleet' },
      { command: 'view', path },
    ),
  ).toEqual([
    [
      false,
      `Here's the content of ${path} with line numbers:\n     1\t# Boats\n     2\t- Petrel is blue\n     3\t- Tern is white\n     4\t`,
    ],
    [false, `Successfully renamed ${path} to /memories/fleet/boats.md`],
    [false, 'Successfully deleted /memories/fleet'],
    [true, expect.stringContaining(`The path ${path} does not exist. Please provide a valid path.`)],
  ]);
});
