// Starts the load generator and hands it jobs, one at a time.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Job, Outcome } from './load.ts';
import type { BenchServer } from './server.ts';

export interface Load {
  run<J extends Job>(server: BenchServer, job: J): Promise<Outcome<J>>;
  [Symbol.dispose](): void;
}

export function startLoad(): Load {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'load.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  let settle: { resolve(done: unknown): void; reject(error: Error): void } | null = null;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const answer = JSON.parse(line) as { done: unknown } | { error: string };
    const waiting = settle;
    settle = null;
    if ('error' in answer) waiting?.reject(new Error(`load generator: ${answer.error}`));
    else waiting?.resolve(answer.done);
  });
  child.on('exit', (code) => settle?.reject(new Error(`the load generator ended (${code})`)));
  return {
    run<J extends Job>(server: BenchServer, job: J) {
      if (settle) throw new Error('the load generator does one job at a time');
      return new Promise<Outcome<J>>((resolve, reject) => {
        settle = { resolve: resolve as (done: unknown) => void, reject };
        child.stdin.write(`${JSON.stringify({ ...job, url: server.url, key: server.key })}\n`);
      });
    },
    [Symbol.dispose]() {
      process.removeListener('exit', stop);
      settle = null;
      stop();
    },
  };
}

/** Fills a server fast: bundles side by side, so that the commits are shared. */
export async function fill(load: Load, server: BenchServer, texts: readonly string[], tell: (n: number) => void) {
  const STEP = 5_000;
  for (let i = 0; i < texts.length; i += STEP) {
    await load.run(server, { kind: 'batch', clients: 16, texts: texts.slice(i, i + STEP) });
    tell(Math.min(texts.length, i + STEP));
  }
}
