// What is measured while the program runs. platform/metrics.ts keeps the numbers and writes them in Prometheus text.

export interface RequestSample {
  method: string;
  /** Pattern of the route, never the path as sent: ids must not become labels. */
  path: string;
  status: number;
  seconds: number;
}

/** One ask of a language model, with all its attempts. */
export interface LlmSample {
  purpose: string;
  outcome: 'ok' | 'failed' | 'budget_spent';
  tokens_in: number;
  tokens_out: number;
  /** By the prices of the settings. */
  cost: number;
  seconds: number;
}

export type RefusalReason = 'unauthorized' | 'forbidden' | 'rate_limited' | 'overloaded' | 'safe_mode';

/** Read from the database at the moment of a scrape. */
export interface StoredCounts {
  memories: number;
  embedded: number;
  jobs: Readonly<Record<'pending' | 'running' | 'completed' | 'failed', number>>;
  /** Epoch seconds; null when there is no backup. */
  newest_backup: number | null;
}

export interface Metrics {
  /** About a microsecond: called for every request. */
  request(sample: RequestSample): void;
  /** An answer went out that lacks a signal it should have had, for example `vectors`. */
  degraded(signal: string): void;
  /** A request was turned away before it was worked on. */
  refused(reason: RefusalReason): void;
  /** Secrets were taken out of something that was stored. */
  redacted(kind: string, count: number): void;
  /** Something suspicious was put into the inbox in place of being recalled. */
  quarantined(): void;
  llm(sample: LlmSample): void;
  /** HTTP only: says nothing about what is stored. */
  httpText(): Promise<string>;
  allText(): Promise<string>;
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';
