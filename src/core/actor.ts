// On whose behalf something happens now: what the audit, the origin of a memory and the row guards of a database go by.
// It travels with the work (platform/actors.ts), so no service hands it on.

/** The way in. `job` is work in the background, `program` what the server does to itself while it starts or stops. */
export type Door = 'http' | 'cli' | 'mcp' | 'gui' | 'job' | 'program';

export interface Actor {
  /** Null where no user is behind it: a request that needs no key, or a job for all. */
  readonly user_id: number | null;
  /** 0 when no key was shown. */
  readonly key_id: number;
  /** The key has the admin scope. */
  readonly is_admin: boolean;
  readonly door: Door;
  /** Of the caller; null in process. */
  readonly address: string | null;
  readonly request_id: string | null;
  /** Id of the endpoint, or kind of the job. */
  readonly action: string;
  /** `{id}` and the like of the path, as sent. */
  readonly params: Readonly<Record<string, string>>;
}

export interface Actors {
  /** What `work` does, and whatever it starts, is done by this actor. */
  run<T>(actor: Actor, work: () => T): T;
  /** Null outside of `run`. */
  current(): Actor | null;
}
