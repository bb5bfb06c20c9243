// What can be worked out of memories.
import { z } from 'zod';
import { Id, Text } from '../../../core/shapes.ts';
import { addCausalLink, getChain, listChains, makeChain } from '../../../features/causes/contract.ts';
import { consolidate } from '../../../features/consolidation/contract.ts';
import { contradictionsOf, listContradictions } from '../../../features/contradictions/contract.ts';
import { decompose } from '../../../features/decompose/contract.ts';
import { extract } from '../../../features/facts/contract.ts';
import { analyzeSentiment } from '../../../features/feelings/contract.ts';
import { detectPatterns, temporalPatterns } from '../../../features/patterns/contract.ts';
import { reflect } from '../../../features/reflections/contract.ts';
import { type Fields, ownTool, tool } from '../tool.ts';
import { pick } from './shapes.ts';

const group = 'intelligence';
const Int = z.number().int();
const Link = z.object({ cause_memory_id: Int, effect_memory_id: Int, strength: z.number(), order_index: Int });
const Chain = z.object({
  id: Int,
  root_memory_id: Int.nullable(),
  description: z.string().nullable(),
  links: z.array(Link),
});

export const INTELLIGENCE_TOOLS = [
  tool({
    ...{ name: 'intelligence_consolidate', title: 'Tell memories as one', group, effect: 'adds', repeatable: true },
    description: 'Make one memory that tells several about the same thing. They stay as they are.',
    calls: consolidate,
    takes: { memory_ids: null },
    gives: z.object({
      consolidated: z.boolean(),
      summary_id: Int.nullable(),
      source_ids: z.array(Int),
      reason: z.string().nullable(),
    }),
  }),
  ownTool({
    ...{ name: 'intelligence_detect_contradictions', title: 'Contradictions', group, effect: 'reads' },
    description: 'Pairs of memories that cannot both hold; of one memory, or all that are open.',
    access: 'read',
    takes: { memory_id: Id.optional().meta({ description: 'Only what contradicts this one' }) },
    gives: z.object({
      contradictions: z.array(
        z.object({ memory_a: z.string(), memory_b: z.string(), confidence: z.number(), description: z.string() }),
      ),
    }),
    async run({ memory_id }, ask) {
      if (memory_id != null) return ask(contradictionsOf, { memory_id });
      const { contradictions } = await ask(listContradictions, { limit: 100, verify: false });
      const short = ({ memory_a, memory_b, explanation, confidence }: Fields) => ({
        memory_a: String((memory_a as Fields).id),
        memory_b: String((memory_b as Fields).id),
        ...{ confidence, description: explanation },
      });
      return { contradictions: (contradictions as Fields[]).map(short) };
    },
  }),
  tool({
    ...{ name: 'intelligence_decompose', title: 'Take a memory apart', group, effect: 'adds', repeatable: true },
    description: 'Store the facts a long memory states as memories of their own.',
    calls: decompose,
    takes: { memory_id: null },
    gives: pick(decompose.response, 'memory_id', 'child_ids', 'facts_created'),
  }),
  ownTool({
    ...{ name: 'intelligence_temporal_summary', title: 'Habits', group, effect: 'changes', repeatable: true },
    description: 'When things are usually done.',
    access: 'read',
    takes: {
      detect: z.boolean().optional().meta({ description: 'Work it out with all there is; needs write' }),
      limit: z.number().int().optional().meta({ description: 'At most so many' }),
    },
    gives: z.object({ patterns: z.array(z.object({ label: z.string(), detail: z.string(), confidence: z.number() })) }),
    run: ({ detect, limit }, ask) => (detect === true ? ask(detectPatterns) : ask(temporalPatterns, { limit })),
  }),
  tool({
    ...{ name: 'intelligence_reflect', title: 'Reflect', group, effect: 'adds' },
    description: 'Keep a thought about memories; without content, look back on a day, a week or a month.',
    calls: reflect,
    takes: { content: null, reflection_type: null, source_memory_ids: null, confidence: null, period: null },
    gives: z.object({
      id: Int.nullable(),
      memory_id: Int.nullable(),
      content: z.string().optional(),
      reflection: z.string().nullish(),
      message: z.string().optional(),
    }),
  }),
  tool({
    ...{ name: 'intelligence_extract_facts', title: 'Read facts', group, effect: 'adds', repeatable: true },
    description: 'Read a memory for facts at once, or store a text and read it.',
    calls: extract,
    takes: { memory_id: null, content: null },
    gives: pick(extract.response, 'memory_id', 'facts', 'preferences', 'state_updates'),
  }),
  tool({
    ...{ name: 'intelligence_sentiment', title: 'Feeling of a text', group, effect: 'reads' },
    description: 'How positive or negative a text or a memory is.',
    calls: analyzeSentiment,
    takes: { content: null, memory_id: null },
    gives: pick(analyzeSentiment.response, 'score', 'label'),
  }),
  ownTool({
    ...{ name: 'intelligence_causal_trace', title: 'Causes and effects', group, effect: 'adds' },
    description: 'A chain of causes and effects by its id, a new one with these links, or the chains there are.',
    access: 'write',
    takes: {
      chain_id: Id.optional().meta({ description: 'Read this chain' }),
      root_memory_id: Id.optional().meta({ description: 'Begin a chain at this memory' }),
      description: Text.optional().meta({ description: 'What the new chain is about' }),
      links: z
        .array(Link.partial({ strength: true, order_index: true }))
        .max(100)
        .optional()
        .meta({ description: 'Of the new chain: what came of what' }),
    },
    gives: z.object({ chain: Chain.optional(), chains: z.array(Chain).optional() }),
    async run({ chain_id, root_memory_id, description, links }, ask) {
      if (chain_id != null) return { chain: await ask(getChain, { id: chain_id }) };
      if (root_memory_id == null) return ask(listChains);
      const { id } = await ask(makeChain, { root_memory_id, description });
      for (const link of (links ?? []) as Fields[]) await ask(addCausalLink, { ...link, chain_id: id });
      return { chain: await ask(getChain, { id }) };
    },
  }),
];
