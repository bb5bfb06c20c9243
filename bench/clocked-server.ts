// The program as `engram serve` runs it, but for its clock, which obeys the benchmark.
import { homedir } from 'node:os';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { FLUSH_EVERY_MS } from '../src/features/memory/touches.ts';
import { listen } from '../src/platform/listen.ts';
import type { Answered, Order } from './clocked.ts';

const { setInterval: every } = globalThis;
let held = false;
globalThis.setInterval = ((work: () => void, ms: number) =>
  every(ms === FLUSH_EVERY_MS ? () => held || work() : work, ms)) as typeof setInterval;

let ahead_ms = 0;
const [, , , ...flags] = process.argv;
const { config } = loadConfig({
  argv: flags,
  env: process.env,
  readFile: () => null,
  cwd: process.cwd(),
  home: homedir(),
});
const app = await createApp(config, { clock: { now: () => Date.now() + ahead_ms }, eager: true });
const listener = await listen(app.fetch, { ...config, maxBodyBytes: config.limits.body_bytes });

async function obey(order: Order): Promise<void> {
  held ||= order.do === 'hold';
  await app.flush();
  if (order.do !== 'advance') return;
  // No job may be under way when the clock moves: its lease would be over.
  await app.jobs.drain();
  ahead_ms += order.ms;
  await app.jobs.drain();
}

process.on('message', (order: Order) => {
  const started = performance.now();
  const answer = (answer: Answered) => process.send!(answer);
  obey(order).then(
    () => answer({ ms: performance.now() - started }),
    (error: unknown) => answer({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('SIGTERM', async () => {
  await listener.close();
  await app.close();
  process.exit(0);
});
console.log(listener.url);
