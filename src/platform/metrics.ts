// Prometheus metrics through prom-client, with registries of its own: two apps in one process do not mix their numbers.
import { readdirSync } from 'node:fs';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics, RequestSample, StoredCounts } from '../core/metrics.ts';
import { llmMetrics } from './llm/metrics.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The names every dashboard knows. prom-client's own set reports nonsense under Bun and never stops its timers. */
function processMetrics(registry: Registry): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  const counter = (name: string, help: string, value: () => number) =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(value());
      },
    });
  counter('process_cpu_user_seconds_total', 'CPU time spent in user mode.', () => process.cpuUsage().user / 1e6);
  counter('process_cpu_system_seconds_total', 'CPU time spent in the kernel.', () => process.cpuUsage().system / 1e6);
  counter('process_cpu_seconds_total', 'CPU time spent in all.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  const started = Math.round(Date.now() / 1000 - process.uptime());
  gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.', () => started);
  gauge('process_resident_memory_bytes', 'Memory held in RAM.', () => process.memoryUsage.rss());
  gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', () => process.memoryUsage().heapUsed);
  gauge('nodejs_heap_size_total_bytes', 'JavaScript heap reserved.', () => process.memoryUsage().heapTotal);
  gauge('nodejs_external_memory_bytes', 'Memory of native objects.', () => process.memoryUsage().external);
  if (process.platform === 'linux') {
    gauge('process_open_fds', 'Open file descriptors.', () => readdirSync('/proc/self/fd').length - 1);
  }
}

function httpMetrics(registry: Registry): (sample: RequestSample) => void {
  const labelNames = ['method', 'path', 'status'] as const;
  const registers = [registry];
  const requests = new Counter({ name: 'http_requests_total', help: 'Requests answered.', labelNames, registers });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from request to answer.',
    labelNames,
    buckets: BUCKETS,
    registers,
  });
  // Looking a label set up costs more than counting does, so each is looked up once.
  const series = new Map<string, { requests: Counter.Internal; durations: Histogram.Internal<string> }>();
  return (sample) => {
    const method = METHODS.has(sample.method) ? sample.method : 'OTHER';
    const key = `${method} ${sample.status} ${sample.path}`;
    let own = series.get(key);
    if (!own) {
      const labels = { method, path: sample.path, status: String(sample.status) };
      own = { requests: requests.labels(labels), durations: durations.labels(labels) };
      series.set(key, own);
    }
    own.requests.inc();
    own.durations.observe(sample.seconds);
  };
}

function storedMetrics(registry: Registry, counts: () => Promise<StoredCounts>): () => Promise<void> {
  const registers = [registry];
  const up = new Gauge({ name: 'engram_database_up', help: '1 when the database could be read just now.', registers });
  const memories = new Gauge({
    name: 'engram_memories_total',
    help: 'Memories of all users, every version.',
    registers,
  });
  const embedded = new Gauge({ name: 'engram_embedded_total', help: 'Memories that have a vector.', registers });
  const jobs = new Gauge({
    name: 'engram_jobs_total',
    help: 'Background jobs by state.',
    labelNames: ['status'],
    registers,
  });
  const backup = new Gauge({
    name: 'engram_last_backup_timestamp_seconds',
    help: 'When the newest backup was made, in seconds since 1970; absent while there is none.',
    registers,
  });
  return async () => {
    const now = await counts().catch(() => null);
    up.set(now ? 1 : 0);
    if (now?.newest_backup == null) backup.remove();
    else backup.set(now.newest_backup);
    if (!now) {
      // Numbers from before the database went away would look alive, and zeros would be a lie.
      memories.remove();
      embedded.remove();
      jobs.reset();
      return;
    }
    memories.set(now.memories);
    embedded.set(now.embedded);
    for (const [status, n] of Object.entries(now.jobs)) jobs.set({ status }, n);
  };
}

export function createMetrics(counts: () => Promise<StoredCounts>): Metrics {
  const http = new Registry();
  const own = new Registry();
  const request = httpMetrics(http);
  const refresh = storedMetrics(own, counts);
  const llm = llmMetrics(own);
  const degraded = new Counter({
    name: 'engram_degraded_total',
    help: 'Answers given without a signal they should have had.',
    labelNames: ['signal'],
    registers: [own],
  });
  const refused = new Counter({
    name: 'engram_refused_total',
    help: 'Requests turned away before they were worked on.',
    labelNames: ['reason'],
    registers: [own],
  });
  processMetrics(own);
  const redacted = new Counter({
    name: 'engram_redacted_total',
    help: 'Secrets taken out of what was stored, by kind.',
    labelNames: ['kind'],
    registers: [own],
  });
  const quarantined = new Counter({
    name: 'engram_quarantined_total',
    help: 'Memories put into the inbox because their text looks like orders to an agent.',
    registers: [own],
  });
  return {
    request,
    redacted: (kind, count) => redacted.inc({ kind }, count),
    quarantined: () => quarantined.inc(),
    degraded: (signal) => degraded.inc({ signal }),
    refused: (reason) => refused.inc({ reason }),
    llm,
    httpText: () => http.metrics(),
    async allText() {
      await refresh();
      return `${await own.metrics()}${await http.metrics()}`;
    },
  };
}
