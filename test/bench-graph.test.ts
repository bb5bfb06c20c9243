// The benchmark of the graph engine once on a tiny size: real server, real thread.
import { expect, it } from 'vitest';
import { bench } from '../bench/main.ts';

it('bench graph', async () => {
  const printed: string[] = [];
  const size = ['--memories', '300', '--links', '900', '--queries', '8', '--stores', '32', '--model', 'none'];
  const report = await bench(['graph', ...size], (text) => void printed.push(text));
  expect(report!.data.n).toEqual({ memories: 300, links: 900 });
  expect(report!.figures).toMatchObject({
    memories: 300,
    links: 900,
    refresh: { first_written: 300, first_ms: expect.any(Number) },
    search: { p95_ratio: expect.any(Number) },
    linking: { added_p95_ms: expect.any(Number) },
  });
  const { compute } = report!.figures as { compute: { communities: number; modularity: number } };
  expect(compute.communities).toBeGreaterThan(2);
  expect(compute.modularity).toBeGreaterThan(0.4);
  expect(printed.join()).toContain('working out ranks');
  expect(printed.join()).toContain('yes, in the background');
}, 120_000);
