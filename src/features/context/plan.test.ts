// Budgets, presets and precedence of a context request, read through its contract as over HTTP.
import { describe, expect, it } from 'vitest';
import { ContextRequest } from './contract.ts';
import { planContext } from './plan.ts';

const plan = (request: Record<string, unknown> = {}) => planContext(ContextRequest.parse({ query: 'x', ...request }));

describe('budget', () => {
  it.each<[Record<string, unknown>, number]>([
    [{}, 8_000],
    [{ max_tokens: 100, token_budget: 200, budget: 300, mode: 'deep', model_id: 'gpt-4' }, 100],
    [{ token_budget: 200, budget: 300, mode: 'deep', model_id: 'gpt-4' }, 200],
    [{ budget: 300, mode: 'deep', model_id: 'gpt-4' }, 300],
    [{ mode: 'deep', model_id: 'gpt-4' }, 16_000],
    [{ model_id: 'gpt-4' }, Math.floor(8_192 * 0.8)],
    [{ max_tokens: null, token_budget: null, budget: 300 }, 300],
    [{ max_tokens: 1_000_000 }, 64_000],
    [{ max_tokens: 16 }, 16],
    [{ mode: 'default' }, 8_000],
  ])('of %j is %d', (request, expected) => {
    expect(plan(request).budget).toBe(expected);
  });

  it.each([
    ['claude-sonnet-4', 64_000],
    ['anthropic/claude-3-haiku', 64_000],
    ['gpt-4o-mini', 64_000],
    ['gpt-4-0613', 6_553],
    ['gpt-3.5-turbo', 3_276],
    ['gpt-3.5-turbo-16k', 13_107],
    ['o3-mini', 64_000],
    ['gemini-2.5-pro', 64_000],
    ['mistral-large-latest', 64_000],
    ['mixtral-8x7b', 26_214],
    ['mistral-small', 26_214],
    ['meta-llama/Llama-2-13b', 3_276],
    ['Llama-3.1-8B', 64_000],
    ['deepseek-chat', 64_000],
    ['command-r-plus', 64_000],
    ['something-new', 8_000],
    ['', 8_000],
  ])('of the model %s is %d', (model_id, expected) => {
    expect(plan({ model_id }).budget).toBe(expected);
  });

  it.each([15, 0, -1, 99.5])('of %d is refused', (max_tokens) => {
    expect(ContextRequest.safeParse({ query: 'x', max_tokens }).success).toBe(false);
  });
});

describe('mode', () => {
  it.each([
    ['fast', 1, 2_000],
    ['balanced', 2, 6_000],
    ['deep', 3, 16_000],
    ['decision', 3, 10_000],
  ])('%s has depth %d and %d tokens', (mode, depth, budget) => {
    expect(plan({ mode })).toMatchObject({ mode, depth, budget });
  });

  it.each([
    ['focused', 'fast'],
    ['broad', 'deep'],
    ['default', null],
  ])('%s, as the SDKs say it, is %s', (mode, expected) => {
    expect(plan({ mode }).mode).toBe(expected);
  });

  it('gives way to explicit fields', () => {
    expect(plan({ mode: 'fast', depth: 3, max_tokens: 50 })).toMatchObject({ mode: 'fast', depth: 3, budget: 50 });
  });

  it('is none by default, at depth 3', () => {
    expect(plan()).toMatchObject({ mode: null, depth: 3 });
  });
});

describe('depth', () => {
  it.each([
    [-5, 1],
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 3],
    [99, 3],
  ])('%d is read as %d', (depth, expected) => {
    expect(plan({ depth }).depth).toBe(expected);
  });
});

describe('strategy', () => {
  it.each([
    ['balanced', 0.3, 0.8, 50],
    ['precision', 0.2, 0.82, 30],
    ['breadth', 0.3, 0.9, 80],
  ])('%s fills facts to %d, hits to %d, from %d hits', (strategy, facts, semantic, limit) => {
    expect(plan({ strategy })).toMatchObject({ strategy, semanticLimit: limit, ceilings: { static: facts, semantic } });
  });

  it.each([
    ['semantic', 'balanced'],
    ['temporal', 'balanced'],
    ['mixed', 'balanced'],
    ['importance', 'precision'],
  ])('%s, as the SDKs say it, is %s', (strategy, expected) => {
    expect(plan({ strategy }).strategy).toBe(expected);
  });

  it('gives way to explicit fields', () => {
    expect(plan({ strategy: 'breadth', semantic_limit: 7, semantic_ceiling: 0.5 })).toMatchObject({
      semanticLimit: 7,
      ceilings: { semantic: 0.5 },
    });
    expect(plan({ semantic_limit: 5_000 }).semanticLimit).toBe(100);
  });

  it('leaves room after the hits, and all of it to the last layer', () => {
    for (const strategy of ['balanced', 'precision', 'breadth']) {
      const { semantic, evolution, episode, linked, recent } = plan({ strategy }).ceilings;
      const order = [semantic, evolution, episode, linked, recent];
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(semantic).toBeLessThan(1);
      expect(recent).toBe(1);
    }
    expect(plan({ semantic_ceiling: 1 }).ceilings).toMatchObject({ semantic: 1, evolution: 1, recent: 1 });
  });
});
