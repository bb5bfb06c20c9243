// Everything that `import … from 'engram-sdk'` brings.
export { Api, EngramClient } from './client.ts';
export { EngramError, type Problem } from './errors.ts';
export * from './generated.ts';
export type { EngramOptions, Fetch } from './http.ts';
export { type Page, type PageOptions, paginate } from './paginate.ts';
export type { RetryOptions } from './retry.ts';
export type { ContextEvent, FollowOptions, SessionEvent } from './streams.ts';
export type { CallOptions, Operation, Query, QueryValue, ServerEvent, StreamOptions, Transport } from './transport.ts';
