// What the language model was asked for, what came of it, and what it used. Purposes are words of the program, so they are few.
import { Counter, Histogram, type Registry } from 'prom-client';
import type { Metrics } from '../../core/metrics.ts';

const BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160];

export function llmMetrics(registry: Registry): Metrics['llm'] {
  const registers = [registry];
  const requests = new Counter({
    name: 'engram_llm_requests_total',
    help: 'Questions to the language model by what came of them.',
    labelNames: ['purpose', 'outcome'],
    registers,
  });
  const tokens = new Counter({
    name: 'engram_llm_tokens_total',
    help: 'Tokens the language model read and wrote.',
    labelNames: ['purpose', 'direction'],
    registers,
  });
  const cost = new Counter({
    name: 'engram_llm_cost_total',
    help: 'Cost of these tokens by the prices of the settings.',
    labelNames: ['purpose'],
    registers,
  });
  const durations = new Histogram({
    name: 'engram_llm_duration_seconds',
    help: 'Time from question to answer, waiting and further attempts included.',
    labelNames: ['purpose'],
    buckets: BUCKETS,
    registers,
  });
  return ({ purpose, outcome, tokens_in, tokens_out, cost: spent, seconds }) => {
    requests.inc({ purpose, outcome });
    tokens.inc({ purpose, direction: 'in' }, tokens_in);
    tokens.inc({ purpose, direction: 'out' }, tokens_out);
    cost.inc({ purpose }, spent);
    durations.observe({ purpose }, seconds);
  };
}
