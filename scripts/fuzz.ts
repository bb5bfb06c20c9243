// npm run fuzz -- [--requests 20000] [--seed N] [--only search.] [--postgres]: the fuzz test for as long as one likes. Everything is in
// this process and a folder of its own. Exit code 1 when something went wrong; the same seed sends the same requests again.
import { parseArgs } from 'node:util';
import { createProgress } from '../bench/progress.ts';
import { aftermath, fuzz, kinds } from '../test/support/fuzz.ts';
import { createWorld } from '../test/support/fuzz-world.ts';
import { emptyPglite } from '../test/support/pglite.ts';
import { teardown } from '../test/support/temp-root.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    postgres: { type: 'boolean', default: false },
  },
});
const [requests, seed] = [Number(values.requests), Number(values.seed)];
if (!Number.isInteger(requests) || requests < 1 || !Number.isInteger(seed)) {
  console.error('--requests and --seed are whole numbers, as in: npm run fuzz -- --requests 20000 --seed 7');
  process.exit(2);
}

const world = await createWorld(values.postgres ? { database: await emptyPglite().open() } : {});
const bar = createProgress();
const began = performance.now();
const { failures, statuses, never, slowest } = await fuzz(world, {
  requests,
  seed,
  only: values.only,
  progress: (done, failed) => {
    const share = done / requests;
    bar(`[${'#'.repeat(Math.round(share * 30)).padEnd(30)}] ${done} of ${requests}, ${failed} failures`);
  },
});
bar.clear();
const wrong = await aftermath(world);
await world.app.close();
teardown();

for (const { at, id, what, request, answer, count } of kinds(failures))
  console.log(`\n${id}, request ${at}, ${count} times: ${what}\n${request}\n-> ${answer}`);
for (const sentence of wrong) console.log(`\nafterwards: ${sentence}`);
const list = (pairs: readonly string[]): string => (pairs.length === 0 ? 'none' : pairs.join(', '));
console.log(`
seed ${seed}, ${requests} requests in ${((performance.now() - began) / 1000).toFixed(0)} s
answers: ${list(Object.entries(statuses).map(([status, count]) => `${count} x ${status}`))}
slowest: ${list(slowest.map(({ id, ms, at }) => `${id} ${ms.toFixed(0)} ms (${at})`))}
never a success: ${list(never)}
failures: ${failures.length + wrong.length}${failures.length > 0 ? `; again with: npm run fuzz -- --requests ${failures[0]!.at} --seed ${seed}${values.only ? ` --only ${values.only}` : ''}` : ''}`);
process.exit(failures.length + wrong.length === 0 ? 0 : 1);
