// Who is asking. Every query takes a scope first, so no row can be reached without naming its owner.

export const ACCESS_SCOPES = ['read', 'write', 'admin'] as const;
export type AccessScope = (typeof ACCESS_SCOPES)[number];

export interface Scope {
  readonly user_id: number;
  /** 0 when the server runs in open-access mode and no key was sent. */
  readonly key_id: number;
  readonly scopes: readonly AccessScope[];
  /** Of a client that came with a token of its own (features/oauth); `key_id` is then the key that let it in. */
  readonly grant_id?: number;
  /** Where memories go when no space is named. */
  readonly default_space_id: number | null;
  /** Space named by `X-Space`; null = all spaces when reading, the default space when writing. */
  readonly space_id: number | null;
}

/** `admin` implies the other two. */
export const allows = (scope: Scope, wanted: AccessScope): boolean =>
  scope.scopes.includes('admin') || scope.scopes.includes(wanted);
