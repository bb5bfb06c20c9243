// What can be read by address: how the server is, who the user is, how much there is, and each memory.
import { type McpServer, ResourceNotFoundError, ResourceTemplate } from '@modelcontextprotocol/server';
import type { EndpointSpec } from '../../core/endpoint.ts';
import { getMemory, listMemories } from '../../features/memory/contract.ts';
import { getMyStats, getProfile } from '../../features/profile/contract.ts';
import { search } from '../../features/search/contract.ts';
import { health } from '../../features/system/contract.ts';
import { Refusal } from './call.ts';
import type { Ask, Fields } from './tool.ts';

const JSON_TYPE = 'application/json';
/** Change when anything is stored, changed or forgotten. */
export const CHANGING = ['engram://profile', 'engram://stats'] as const;

const PLAIN: readonly { name: string; uri: string; title: string; description: string; spec: EndpointSpec }[] = [
  {
    ...{ name: 'health', uri: 'engram://health', title: 'State of the server' },
    description: 'Whether the server is up, and what it runs on',
    spec: health,
  },
  {
    ...{ name: 'profile', uri: CHANGING[0], title: 'Profile of the user' },
    description: 'What is known about the user, in outline',
    spec: getProfile,
  },
  {
    ...{ name: 'stats', uri: CHANGING[1], title: 'Figures' },
    description: 'How much the user has stored',
    spec: getMyStats,
  },
];

const asText = (uri: URL, value: Fields) => ({
  contents: [{ uri: uri.href, mimeType: JSON_TYPE, text: JSON.stringify(value) }],
});

/** Most ids that are proposed. */
const PROPOSED = 20;

/** Ids that begin like this; for words, those of memories that fit them. */
async function idsLike(typed: string, ask: Ask): Promise<string[]> {
  const digits = /^\d*$/.test(typed);
  const { results } = digits
    ? await ask(listMemories, { limit: 200 })
    : await ask(search, { query: typed, limit: PROPOSED });
  return (results as { id: number }[])
    .map(({ id }) => String(id))
    .filter((id) => !digits || id.startsWith(typed))
    .slice(0, PROPOSED);
}

/** @param askFor calls endpoints until the request it is for is given up */
export function addResources(mcp: McpServer, askFor: (signal?: AbortSignal) => Ask): void {
  for (const { name, uri, title, description, spec } of PLAIN) {
    mcp.registerResource(name, uri, { title, description, mimeType: JSON_TYPE }, async (url, ctx) =>
      asText(url, await askFor(ctx.mcpReq.signal)(spec)),
    );
  }
  const template = new ResourceTemplate('engram://memory/{id}', {
    list: undefined,
    complete: { id: (typed) => idsLike(typed, askFor()) },
  });
  const words = { title: 'A memory', description: 'One memory by its id', mimeType: JSON_TYPE };
  mcp.registerResource('memory', template, words, async (url, { id }, ctx) => {
    try {
      return asText(url, await askFor(ctx.mcpReq.signal)(getMemory, { id: Array.isArray(id) ? id[0] : id }));
    } catch (error) {
      if (error instanceof Refusal && error.code === 'memory_not_found') throw new ResourceNotFoundError(url.href);
      throw error;
    }
  });
}
