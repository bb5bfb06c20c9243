// Every failure the product can name: one line per code. HTTP status, CLI exit code and docs/errors.md are derived from it.

export type ErrorKind =
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'too_large'
  | 'unsupported'
  | 'timeout'
  | 'rate_limited'
  | 'unavailable'
  | 'internal';

interface ErrorInfo {
  readonly kind: ErrorKind;
  /** What went wrong, as one sentence without specifics. */
  readonly title: string;
}

export const ERRORS = {
  already_bootstrapped: { kind: 'forbidden', title: 'The first key was already handed out' },
  approval_not_found: { kind: 'not_found', title: 'No approval with this id' },
  approval_over: { kind: 'invalid', title: 'The approval is decided or expired' },
  backup_exists: { kind: 'conflict', title: 'There is a file of this name already' },
  backup_failed: { kind: 'unavailable', title: 'The backup could not be made' },
  backup_not_found: { kind: 'not_found', title: 'No backup of this name, or from this time' },
  backup_unsupported: { kind: 'conflict', title: 'This database is backed up with its own tools' },
  backup_unusable: { kind: 'conflict', title: 'The file is no backup that this server can use' },
  backend_unsupported: { kind: 'invalid', title: 'This server offers no tools of that kind' },
  body_too_large: { kind: 'too_large', title: 'The request body is larger than this endpoint accepts' },
  bootstrap_secret_wrong: { kind: 'unauthorized', title: 'The bootstrap secret is missing or wrong' },
  chain_not_found: { kind: 'not_found', title: 'No causal chain with this id' },
  consolidation_not_found: { kind: 'not_found', title: 'No consolidation with this id' },
  content_too_large: { kind: 'invalid', title: 'The memory is larger than 102,400 bytes' },
  conversation_not_found: { kind: 'not_found', title: 'No conversation with this id' },
  database_unavailable: { kind: 'unavailable', title: 'The database cannot be read or written' },
  digest_not_found: { kind: 'not_found', title: 'No subscription to digests with this id' },
  entity_not_found: { kind: 'not_found', title: 'No entity with this id' },
  episode_not_found: { kind: 'not_found', title: 'No episode with this id' },
  file_changed: { kind: 'conflict', title: 'The file was changed meanwhile' },
  file_exists: { kind: 'conflict', title: 'There is a memory file at this path already' },
  file_not_found: { kind: 'not_found', title: 'There is no memory file at this path' },
  forbidden: { kind: 'forbidden', title: 'The key lacks the scope for this request' },
  gate_not_found: { kind: 'not_found', title: 'No request with this id at the gate' },
  gate_over: { kind: 'conflict', title: 'The request at the gate is decided or expired' },
  grant_not_found: { kind: 'not_found', title: 'No grant with this id' },
  import_not_found: { kind: 'not_found', title: 'No import with this id' },
  import_unreadable: { kind: 'invalid', title: 'What is to be imported cannot be read' },
  internal: { kind: 'internal', title: 'Something went wrong inside the server' },
  invalid_json: { kind: 'invalid', title: 'The body is not valid JSON' },
  invalid_request: { kind: 'invalid', title: 'The request did not match what this endpoint expects' },
  json_too_deep: { kind: 'invalid', title: 'The JSON body is nested more than 64 levels deep' },
  job_not_found: { kind: 'not_found', title: 'No failed job with this id' },
  key_not_found: { kind: 'not_found', title: 'No key with this id' },
  keys_changed: { kind: 'conflict', title: 'The file with the keys of the store is not as it was written' },
  llm_budget_spent: { kind: 'unavailable', title: 'The tokens of today for the language model are used up' },
  llm_not_configured: { kind: 'unavailable', title: 'This needs a language model, and none is configured' },
  llm_unavailable: { kind: 'unavailable', title: 'The language model did not answer' },
  maintenance: { kind: 'unavailable', title: 'The server is being maintained and takes no changes' },
  memory_not_found: { kind: 'not_found', title: 'No memory with this id' },
  method_not_allowed: { kind: 'invalid', title: 'This path does not answer that method' },
  model_in_use: { kind: 'conflict', title: 'The model is in use' },
  model_not_found: { kind: 'not_found', title: 'No model with this name is installed' },
  model_unusable: { kind: 'conflict', title: 'The model cannot be used' },
  name_taken: { kind: 'conflict', title: 'This name is already in use' },
  not_encrypted: { kind: 'conflict', title: 'The store is not encrypted' },
  no_model: { kind: 'conflict', title: 'There is no embedding model' },
  node_not_found: { kind: 'not_found', title: 'No node with this id in the graph' },
  not_pending: { kind: 'invalid', title: 'The memory does not wait for review' },
  oauth_invalid_client: { kind: 'invalid', title: 'There is no such OAuth client' },
  oauth_invalid_client_metadata: { kind: 'invalid', title: 'An OAuth client cannot be registered like this' },
  oauth_invalid_grant: { kind: 'invalid', title: 'The code or refresh token is not valid' },
  oauth_invalid_redirect_uri: { kind: 'invalid', title: 'OAuth may not send people to this address' },
  oauth_invalid_scope: { kind: 'invalid', title: 'OAuth hands out no such scope' },
  oauth_invalid_target: { kind: 'invalid', title: 'The token would be for another server' },
  oauth_off: { kind: 'not_found', title: 'This server offers no OAuth' },
  oauth_unsupported_grant_type: { kind: 'invalid', title: 'Tokens are not handed out for this' },
  observation_not_found: { kind: 'not_found', title: 'No observation with this id' },
  page_failed: { kind: 'unavailable', title: 'The page did not answer as it should' },
  page_refused: { kind: 'invalid', title: 'This address may not be read' },
  overloaded: { kind: 'unavailable', title: 'The server has more to do than it can' },
  peer_not_local: { kind: 'forbidden', title: 'Bootstrap without a secret is only open to this machine' },
  preference_not_found: { kind: 'not_found', title: 'No preference with this key' },
  project_not_found: { kind: 'not_found', title: 'No project with this id' },
  quota_exceeded: { kind: 'forbidden', title: 'The quota of the user is used up' },
  rate_limited: { kind: 'rate_limited', title: 'Too many requests' },
  route_not_found: { kind: 'not_found', title: 'No such path' },
  safe_mode: { kind: 'unavailable', title: 'The server crashed repeatedly and takes no changes' },
  scratch_not_found: { kind: 'not_found', title: 'The scratchpad has no such entries' },
  session_ended: { kind: 'conflict', title: 'The session has ended' },
  session_limit: { kind: 'invalid', title: 'Too many sessions are live' },
  session_not_found: { kind: 'not_found', title: 'No session with this id' },
  setting_decides: { kind: 'conflict', title: 'A setting of the server decides this' },
  space_missing: { kind: 'not_found', title: 'No space with this id' },
  space_not_empty: { kind: 'conflict', title: 'The space still holds memories' },
  space_not_found: { kind: 'invalid', title: 'No space with this name or id' },
  timeout: { kind: 'timeout', title: 'The request took longer than this endpoint allows' },
  tool_not_found: { kind: 'not_found', title: 'No tool with this name' },
  unauthorized: { kind: 'unauthorized', title: 'No valid key was presented' },
  unsupported_document: { kind: 'invalid', title: 'Documents of this kind cannot be read' },
  unsupported_media_type: { kind: 'unsupported', title: 'The body must be application/json' },
  upload_not_found: { kind: 'not_found', title: 'No upload with this id' },
  user_not_found: { kind: 'not_found', title: 'No user with this id' },
  webhook_failed: { kind: 'unavailable', title: 'The webhook did not take the delivery' },
  webhook_not_found: { kind: 'not_found', title: 'No webhook with this id' },
  webhook_refused: { kind: 'invalid', title: 'This address may not be used for webhooks' },
} as const satisfies Record<string, ErrorInfo>;

export type ErrorCode = keyof typeof ERRORS;

/** One rejected input: where (`body.tags.0`) and why. */
export interface Issue {
  path: string;
  message: string;
}

/** The only exception that carries a message meant for the caller; everything else is reported as `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly issues: readonly Issue[] | undefined;
  /** Seconds after which it may work. */
  readonly retry_after: number | undefined;
  /** What to do about it. */
  readonly hint: string | undefined;
  constructor(
    code: ErrorCode,
    message: string = ERRORS[code].title,
    options: { issues?: Issue[]; cause?: unknown; retry_after?: number; hint?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.issues = options.issues;
    this.retry_after = options.retry_after;
    this.hint = options.hint;
  }
  get kind(): ErrorKind {
    return ERRORS[this.code].kind;
  }
}

export const fail = (code: ErrorCode, message?: string, options?: { issues?: Issue[]; cause?: unknown }): never => {
  throw new AppError(code, message, options);
};
