// Carries a tool call out: through the endpoints, as any request, so that keys, limits, audit, redaction and quarantine hold.
import type { EndpointSpec } from '../../core/endpoint.ts';
import { AppError } from '../../core/errors.ts';
import { buildRequest } from '../cli/client.ts';
import { validate } from '../http/validate.ts';
import { ALIASES } from './aliases.ts';
import { type Ask, type Fields, fieldsOf, shapeOf, type Tool } from './tool.ts';
import { toolNamed } from './tools/index.ts';

/** Answers a request of whoever the headers say. */
export type Send = (request: Request) => Promise<Response> | Response;

export interface Caller {
  readonly send: Send;
  /** Key, space, request id: whatever says who asks, on each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Name of the client, for the provenance of what it stores. */
  readonly agent: string | null;
  readonly signal?: AbortSignal | undefined;
}

/** What an endpoint said instead of an answer. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: Fields;
  constructor(status: number, body: Fields) {
    super(typeof body.error === 'string' ? body.error : `The server answered ${status}.`);
    this.status = status;
    this.code = typeof body.code === 'string' ? body.code : `http_${status}`;
    this.body = body;
  }
}

/** Only requests in this process go here. */
const BASE = 'http://engram.internal';

/** Every field in the part of the request where the endpoint takes it; what it does not know goes where it is refused by name. */
function placed(spec: EndpointSpec, fields: Fields) {
  const params: Fields = {};
  const query: Fields = {};
  const body: Fields = {};
  const inPath = shapeOf(spec.params);
  const inQuery = shapeOf(spec.query);
  for (const [name, value] of Object.entries(fields)) {
    if (value == null) continue;
    if (name in inPath) params[name] = value;
    else if (name in inQuery || !spec.body) query[name] = value;
    else body[name] = value;
  }
  // A path is built of these, so they have to be what they should before.
  if (spec.params) validate(spec.params, params, 'params');
  if (spec.query) validate(spec.query, query, 'query');
  return { params, query, ...(spec.body && { body }) };
}

export const askingFor =
  ({ send, headers, agent, signal }: Caller): Ask =>
  async (spec, fields = {}) => {
    signal?.throwIfAborted();
    const said = agent !== null && spec.method !== 'GET' && 'agent' in fieldsOf(spec) ? { agent, ...fields } : fields;
    const request = buildRequest(BASE, null, spec, placed(spec, said) as never);
    for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
    const response = await send(request);
    const text = await response.text();
    const body = readObject(text);
    if (!response.ok || body === null) throw new Refusal(response.status, body ?? {});
    return body;
  };

function readObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : null;
  } catch {
    return null;
  }
}

/** What an agent can do about a failure, where the sentence itself does not say. */
const ADVICE: Readonly<Record<string, string>> = {
  memory_not_found: 'Search for it again: a memory gets a new id when it is updated.',
  unauthorized: 'Tell the user that the key for Engram is missing or not valid; ENGRAM_API_KEY sets it.',
  forbidden: 'Tell the user; another key may be allowed to.',
  internal: 'Try once more; if it fails again, tell the user.',
  timeout: 'Try again with less, or later.',
  space_not_found: 'Leave the space out, or ask the user which one.',
};

/** Parts of a request mean nothing to an agent, who sends one object. */
const plain = (text: string): string => text.replaceAll(/(?<=^|; |\s)(?:params|query|body)\.(?=[\w.]+:)/g, '');

function toldOf(error: unknown): string {
  const body = error instanceof Refusal ? error.body : null;
  const code = error instanceof Refusal || error instanceof AppError ? error.code : 'internal';
  const message =
    error instanceof Error && (error instanceof Refusal || error instanceof AppError)
      ? error.message
      : 'Something went wrong inside Engram.';
  const issues = (error instanceof AppError ? error.issues : (body?.issues as AppError['issues'])) ?? [];
  const wait = body?.retry_after;
  const sentences = [
    issues.length > 1 ? issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ') : message,
    typeof body?.hint === 'string' ? body.hint : ADVICE[code],
    typeof wait === 'number' ? `It may work in ${wait} s.` : null,
  ];
  return plain(`${sentences.filter((sentence) => sentence).join(' ')} (${code})`);
}

export interface ToolResult {
  [key: string]: unknown;
  content: { type: 'text'; text: string }[];
  structuredContent?: Fields;
  isError?: true;
}

const failed = (error: unknown): ToolResult => ({ content: [{ type: 'text', text: toldOf(error) }], isError: true });

/** The tool of this name, or the one that another Engram calls so. @returns null when there is none */
export function findTool(name: string): { tool: Tool; fields: (given: Fields) => Fields } | null {
  const tool = toolNamed.get(name);
  if (tool) return { tool, fields: (given) => given };
  const alias = ALIASES.get(name);
  return alias ? { tool: toolNamed.get(alias.tool)!, fields: alias.fields } : null;
}

/** @returns null when there is no such tool */
export async function callTool(name: string, given: unknown, caller: Caller, failing: (error: unknown) => void) {
  const found = findTool(name);
  if (!found) return null;
  try {
    const { bearer_token, org_id: _elsewhere, ...args } = asObject(given);
    const key = typeof bearer_token === 'string' && bearer_token !== '' ? bearer_token : null;
    const headers = key === null ? caller.headers : { ...caller.headers, authorization: `Bearer ${key}` };
    const { tool } = found;
    const fields = tool.name === name ? args : known(tool, found.fields(args));
    const result = await tool.run(fields, askingFor({ ...caller, headers }));
    return { content: [{ type: 'text', text: tool.say(result) }], structuredContent: result } satisfies ToolResult;
  } catch (error) {
    if (!(error instanceof Refusal || error instanceof AppError)) failing(error);
    return failed(error);
  }
}

function asObject(given: unknown): Fields {
  if (given == null) return {};
  if (typeof given === 'object' && !Array.isArray(given)) return given as Fields;
  throw new AppError('invalid_request', 'The arguments must be an object.');
}

/** Other Engrams pass over what they do not know. */
function known(tool: Tool, fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => tool.knows.has(name)));
}
