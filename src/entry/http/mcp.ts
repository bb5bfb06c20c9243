// MCP over Streamable HTTP: the door at /mcp. The same keys, limits and users as for every endpoint; each request stands alone.
import type { Context, Hono } from 'hono';
import { z } from 'zod';
import { readToolGroups, TOOL_GROUP_NAMES, type ToolGroup } from '../../config/tool-groups.ts';
import type { Config } from '../../config.ts';
import { endpoint } from '../../core/endpoint.ts';
import { AppError } from '../../core/errors.ts';
import type { OpenStreams } from '../../core/streams.ts';
import { guard } from '../mcp/guards.ts';
import type { Extend, McpRequest } from '../mcp/handler.ts';
import { readJson } from './body.ts';
import { callerOf } from './caller.ts';
import { type HttpEnv, identify, type MountDeps } from './mount.ts';
import { statusOf } from './problem.ts';

export interface McpSettings {
  readonly version: string;
  /** Listed for those who do not say what they want. */
  readonly tools: ReadonlySet<ToolGroup>;
  readonly public_url: string | null;
  readonly streams: OpenStreams;
  /** Tools, resources and prompts beside our own. */
  readonly extend?: Extend | undefined;
}

export const mcpSettings = (
  { mcp_tools, oauth: { public_url } }: Pick<Config, 'mcp_tools' | 'oauth'>,
  rest: Pick<McpSettings, 'version' | 'streams'> & { extend: Extend | undefined },
): McpSettings => ({ ...rest, tools: readToolGroups(mcp_tools)!, public_url });

export interface McpDeps extends MountDeps {
  readonly mcp: McpSettings;
  readonly allowedOrigins: readonly string[];
}

/** What web pages that use MCP send beside what others do. */
export const MCP_HEADERS = ['mcp-protocol-version', 'mcp-method', 'mcp-name', 'mcp-session-id', 'x-engram-tools'];

/** Room for the longest memory and what is around it. */
const BODY_LIMIT = 1024 * 1024;
/** Of JSON-RPC 2.0. */
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

/** For keys, limits and figures; it is no endpoint that a contract could describe. */
const DOOR = endpoint({
  id: 'mcp.serve',
  method: 'POST',
  path: '/mcp',
  access: 'read',
  summary: 'Model Context Protocol',
  cost: 1,
  response: z.unknown(),
});

const NO_ADDRESS_LIMIT = { ofAddress: () => null };

/**
 * @param inside the endpoints, as they answer what comes through this door; made at the first call
 */
export function mountMcp(
  app: Hono<HttpEnv>,
  deps: McpDeps,
  inside: (deps: Pick<MountDeps, 'door' | 'limits'>) => Hono<HttpEnv>,
): void {
  const { mcp, limits } = deps;
  let endpoints: Hono<HttpEnv> | null = null;
  // The address has been counted when the request came in.
  const within = () => (endpoints ??= inside({ door: 'mcp', limits: { ...limits, ...NO_ADDRESS_LIMIT } }));
  let serving: Promise<(request: McpRequest) => Promise<Response>> | null = null;
  // The SDK takes its time to load, and most commands that open a store never serve MCP.
  const served = () =>
    (serving ??= import('../mcp/handler.ts').then(({ createHandler }) => createHandler(mcp, deps.logger)));

  app.all('/mcp', async (c) => {
    c.set('endpoint', DOOR);
    const peer = c.env?.peer ?? null;
    const header = (name: string): string | null => c.req.header(name) ?? null;
    const forwarded = header('x-forwarded-for');
    const caller = callerOf(peer, forwarded ?? undefined, deps.trustedProxies);
    guard(
      { origin: header('origin'), host: header('host'), local: caller.local && peer !== null },
      { origins: deps.allowedOrigins, public_url: mcp.public_url },
    );
    const scope = await identify(DOOR, 'read', DOOR.cost, caller, c, deps);
    const groups = groupsOf(c, mcp.tools);
    const message = c.req.method === 'POST' ? await messageOf(c.req.raw, deps.maxBodyBytes) : { body: undefined };
    if ('refused' in message) return c.json(...message.refused);

    const passed = ['authorization', 'x-space', 'x-engram-space', 'x-forwarded-for'].flatMap((name) => {
      const value = header(name);
      return value === null ? [] : [[name, value] as const];
    });
    return (await served())({
      ...{ request: c.req.raw, body: message.body, scope, groups },
      agent: header('x-engram-agent')?.slice(0, 200) ?? null,
      headers: { ...Object.fromEntries(passed), 'x-request-id': c.get('request_id') },
      send: (request) => within().fetch(request, { peer }),
    });
  });
}

/** @throws AppError invalid_request */
function groupsOf(c: Context<HttpEnv>, fallback: ReadonlySet<ToolGroup>): ReadonlySet<ToolGroup> {
  const asked = c.req.query('tools') ?? c.req.header('x-engram-tools');
  if (asked === undefined) return fallback;
  const groups = readToolGroups(asked);
  if (groups) return groups;
  throw new AppError(
    'invalid_request',
    `"${asked.slice(0, 100)}" names no groups of tools; there are ${TOOL_GROUP_NAMES}.`,
  );
}

type Refused = readonly [body: { jsonrpc: '2.0'; id: null; error: { code: number; message: string } }, status: 400];
const refused = (code: number, message: string, status: number): { refused: Refused } => ({
  refused: [{ jsonrpc: '2.0', id: null, error: { code, message } }, status as 400],
});

/** Refusals speak JSON-RPC, which is all that clients of MCP understand. */
async function messageOf(request: Request, most: number): Promise<{ body: unknown } | { refused: Refused }> {
  try {
    const body = await readJson(request, Math.min(BODY_LIMIT, most));
    if (body === undefined) return refused(PARSE_ERROR, 'The body is empty.', 400);
    // Gone from the protocol since 2025-06-18, and a way to ask for thousands of things at the price of one.
    if (Array.isArray(body)) return refused(INVALID_REQUEST, 'Send one message at a time.', 400);
    return { body };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return refused(error.kind === 'invalid' ? PARSE_ERROR : INVALID_REQUEST, error.message, statusOf(error.code));
  }
}
