// How much a context may hold and which layers it draws on. Pure.
import type { ContextRequest } from './contract.ts';

type Strategy = 'balanced' | 'precision' | 'breadth';
type Mode = 'fast' | 'balanced' | 'deep' | 'decision';

export interface ContextPlan {
  strategy: Strategy;
  mode: Mode | null;
  depth: 1 | 2 | 3;
  budget: number;
  semanticLimit: number;
  /** Shares of the budget up to which each layer may fill the text. */
  ceilings: { static: number; semantic: number; evolution: number; episode: number; linked: number; recent: number };
}

const DEFAULT_BUDGET = 8_000;
const MAX_BUDGET = 64_000;
const WINDOW_SHARE = 0.8;

const MODES: Readonly<Record<Mode, { depth: 1 | 2 | 3; budget: number }>> = {
  fast: { depth: 1, budget: 2_000 },
  balanced: { depth: 2, budget: 6_000 },
  deep: { depth: 3, budget: 16_000 },
  decision: { depth: 3, budget: 10_000 },
};
const STRATEGIES: Readonly<Record<Strategy, { static: number; semantic: number; limit: number }>> = {
  balanced: { static: 0.3, semantic: 0.8, limit: 50 },
  precision: { static: 0.2, semantic: 0.82, limit: 30 },
  breadth: { static: 0.3, semantic: 0.9, limit: 80 },
};
/** Words other clients use for the same. */
const STRATEGY_NAMES: Readonly<Record<string, Strategy>> = {
  precision: 'precision',
  breadth: 'breadth',
  importance: 'precision',
};
const MODE_NAMES: Readonly<Record<string, Mode>> = {
  fast: 'fast',
  balanced: 'balanced',
  deep: 'deep',
  decision: 'decision',
  focused: 'fast',
  broad: 'deep',
};

/** Context windows in tokens by model family, first match counts. */
const WINDOWS: readonly (readonly [RegExp, number])[] = [
  [/claude/i, 200_000],
  [/gpt-4o|gpt-4\.1|gpt-4-turbo|gpt-5/i, 128_000],
  [/gpt-4/i, 8_192],
  [/gpt-3\.5.*16k/i, 16_384],
  [/gpt-3\.5/i, 4_096],
  [/^o[134](?:-|$)/i, 200_000],
  [/gemini/i, 1_000_000],
  [/mistral-large|llama-?3|deepseek|command-r/i, 128_000],
  [/mi[sx]tral/i, 32_768],
  [/llama-?2/i, 4_096],
];

/** Not what every object has by nature, such as `constructor`. */
const named = <T>(names: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(names, name) ? names[name] : undefined;

export function planContext(request: ContextRequest): ContextPlan {
  const strategy = named(STRATEGY_NAMES, request.strategy) ?? 'balanced';
  const mode = request.mode == null ? null : (named(MODE_NAMES, request.mode) ?? null);
  const preset = mode === null ? null : MODES[mode];
  const window = request.model_id ? WINDOWS.find(([family]) => family.test(request.model_id!))?.[1] : undefined;
  const asked = request.max_tokens ?? request.token_budget ?? request.budget ?? preset?.budget;
  const budget = Math.min(
    MAX_BUDGET,
    asked ?? (window === undefined ? DEFAULT_BUDGET : Math.floor(window * WINDOW_SHARE)),
  );
  const shares = STRATEGIES[strategy];
  const semantic = request.semantic_ceiling ?? shares.semantic;
  return {
    strategy,
    mode,
    depth: (request.depth as 1 | 2 | 3 | null | undefined) ?? preset?.depth ?? 3,
    budget,
    semanticLimit: request.semantic_limit ?? shares.limit,
    ceilings: {
      static: shares.static,
      semantic,
      evolution: Math.max(semantic, 0.85),
      episode: 0.9,
      linked: 0.93,
      recent: 1,
    },
  };
}
