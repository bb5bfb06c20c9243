// engram mcp, as an agent starts it: the executable in an empty folder, spoken to by the official client.
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterEach, describe, expect, it } from 'vitest';
import { BINARY, emptyFolder, named, VERSION } from '../support/binary.ts';

const open: Client[] = [];
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});

async function connected(command: string, args: string[], cwd: string): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' });
  open.push(client);
  await client.connect(new StdioClientTransport({ command, args, cwd, env: { HOME: cwd }, stderr: 'ignore' }));
  return client;
}

describe('MCP over stdio', () => {
  it('stores in one session and finds by paraphrase in the next', async () => {
    const cwd = emptyFolder();
    const first = await connected(BINARY, ['mcp'], cwd);
    expect(first.getServerVersion()).toMatchObject({ name: 'engram', version: VERSION });
    const { tools } = await first.listTools();
    expect(tools.length).toBeLessThanOrEqual(8);
    const stored = await first.callTool({
      name: 'memory_store',
      arguments: { content: 'We bought a red automobile' },
    });
    expect(stored.isError, JSON.stringify(stored)).not.toBe(true);
    await first.close();

    const second = await connected(named('engram-mcp', cwd), [], cwd);
    const found = await second.callTool({
      name: 'memory_search',
      arguments: { query: 'did anybody purchase any car?' },
    });
    expect(JSON.stringify(found)).toContain('We bought a red automobile');
    expect(found.structuredContent).toMatchObject({ degraded: [] });
  });
});
