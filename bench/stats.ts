// Percentiles of measured times, by one definition for every benchmark: nearest rank, so each is a value that occurred.

/** @returns the smallest sample that at least `percent` % of the samples do not exceed; NaN when there are none */
export function percentile(samples: readonly number[], percent: number): number {
  if (samples.length === 0) return Number.NaN;
  const sorted = Float64Array.from(samples).sort();
  const rank = Math.ceil((percent / 100) * sorted.length);
  return sorted[Math.min(sorted.length, Math.max(1, rank)) - 1]!;
}

export const median = (samples: readonly number[]): number => percentile(samples, 50);

export const mean = (samples: readonly number[]): number =>
  samples.length === 0 ? Number.NaN : samples.reduce((sum, one) => sum + one, 0) / samples.length;

export interface Latency {
  p50: number;
  p95: number;
  p99: number;
}

/** In milliseconds, to the microsecond. */
export const latency = (ms: readonly number[]): Latency => ({
  p50: rounded(percentile(ms, 50), 3),
  p95: rounded(percentile(ms, 95), 3),
  p99: rounded(percentile(ms, 99), 3),
});

/** A steady stream of samples beside one that stands still once: the worst moment counts too. */
export const latencyToMax = (ms: readonly number[]): Latency & { max: number; n: number } => ({
  ...latency(ms),
  max: rounded(percentile(ms, 100), 3),
  n: ms.length,
});

export const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));
