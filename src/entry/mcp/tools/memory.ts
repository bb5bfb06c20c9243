// More to do with single memories.
import { z } from 'zod';
import { VersionEntry } from '../../../core/shapes.ts';
import { batch } from '../../../features/batch/contract.ts';
import { correct } from '../../../features/history/contract.ts';
import {
  archiveMemory,
  deleteMemory,
  getMemory,
  LinkRequest,
  listTags,
  listVersions,
  restoreMemory,
  unarchiveMemory,
  updateMemory,
} from '../../../features/memory/contract.ts';
import { recall } from '../../../features/search/contract.ts';
import { type Fields, ownTool, shapeOf, tool } from '../tool.ts';
import { cutRows, line, lines, pick, Whole, withDegraded } from './shapes.ts';

const group = 'memory';
const OF_MEMORY = { id: 'Of the memory, from a search' };
const Done = pick(archiveMemory.response, 'id', 'status');
const done = ({ id, status }: Fields): string => `Memory ${String(id)}: ${String(status)}.`;
const Recalled = pick(recall.response.shape.memories.element, 'id', 'content', 'category', 'recall_source', 'tags');

export const MEMORY_TOOLS = [
  tool({
    ...{ name: 'memory_get', title: 'Read a memory', group, effect: 'reads' },
    description: 'All of one memory whose id you know.',
    calls: getMemory,
    takes: OF_MEMORY,
    gives: Whole,
    say: line,
  }),
  tool({
    ...{ name: 'memory_recall', title: 'Recall', group, effect: 'reads' },
    description:
      'What to have in mind: permanent facts, what fits the question, what matters, what is recent. Without a query all but the second.',
    calls: recall,
    takes: { query: null, limit: null, tags: null },
    before: ({ top_k, ...fields }) => (top_k === undefined ? fields : { limit: top_k, ...fields }),
    gives: z.object({
      memories: z.array(Recalled),
      ...pick(recall.response, 'degraded').shape,
    }),
    after: cutRows('memories'),
    say: (result) => withDegraded(lines(result.memories, 'Nothing is remembered yet.'), result),
  }),
  tool({
    ...{ name: 'memory_delete', title: 'Erase a memory', group, effect: 'removes', repeatable: true },
    description: 'Erase a memory for good. It cannot be brought back; memory_forget is the gentler way.',
    calls: deleteMemory,
    takes: { ...OF_MEMORY, versions: null },
    gives: pick(deleteMemory.response, 'id', 'deleted', 'erased'),
    say: ({ id, erased }) => `Memory ${String(id)} is erased, ${String(erased)} version(s) of it.`,
  }),
  tool({
    ...{ name: 'memory_restore', title: 'Bring a memory back', group, effect: 'changes', repeatable: true },
    description: 'Take a memory out of the trash.',
    calls: restoreMemory,
    takes: OF_MEMORY,
    gives: Whole,
    say: line,
  }),
  tool({
    ...{ name: 'memory_archive', title: 'Archive a memory', group, effect: 'changes', repeatable: true },
    description: 'Hide a memory from recall without forgetting it.',
    calls: archiveMemory,
    takes: OF_MEMORY,
    gives: Done,
    say: done,
  }),
  tool({
    ...{ name: 'memory_unarchive', title: 'Bring an archived memory back', group, effect: 'changes', repeatable: true },
    description: 'Let an archived memory be recalled again.',
    calls: unarchiveMemory,
    takes: OF_MEMORY,
    gives: Done,
    say: done,
  }),
  tool({
    ...{ name: 'memory_correct', title: 'Correct a memory', group, effect: 'changes' },
    description: 'Set right what is wrong when you do not know which memory says it: it is found by the wrong claim.',
    calls: correct,
    takes: { correction: null, original_claim: null, memory_id: null, reason: null },
    gives: pick(correct.response, 'id', 'content', 'corrected', 'corrected_memory_id', 'corrected_content'),
    say: ({ id, corrected_memory_id }) =>
      corrected_memory_id === undefined
        ? `Kept as memory ${String(id)}; no memory was found that says otherwise.`
        : `Memory ${String(corrected_memory_id)} is corrected by ${String(id)}.`,
  }),
  tool({
    ...{ name: 'memory_versions', title: 'History of a memory', group, effect: 'reads' },
    description: 'Every version of a memory, oldest first.',
    calls: listVersions,
    takes: OF_MEMORY,
    gives: z.object({ versions: z.array(pick(VersionEntry, ...Object.keys(VersionEntry.shape))) }),
    after: cutRows('versions'),
    say: ({ versions }) => lines(versions, 'There are no versions.'),
  }),
  tool({
    ...{ name: 'memory_tags', title: 'Tags in use', group, effect: 'reads' },
    description: 'All tags, with how many memories carry them.',
    calls: listTags,
    takes: {},
    gives: z.object({ tags: z.array(z.object({ tag: z.string(), count: z.number().int() })) }),
  }),
  ownTool({
    ...{ name: 'memory_adjust_importance', title: 'Weigh a memory anew', group, effect: 'changes' },
    description: 'Raise or lower the importance of a memory by so much, within 1 to 10.',
    access: 'write',
    takes: {
      ...shapeOf(getMemory.params),
      delta: z.number().min(-9).max(9).meta({ description: 'How much: 2 raises it by 2' }),
    },
    gives: pick(updateMemory.response, 'id', 'old_id', 'importance'),
    async run({ id, delta }, ask) {
      const { importance } = await ask(getMemory, { id });
      const wanted = Math.max(1, Math.min(10, Math.round(Number(importance) + Number(delta))));
      return ask(updateMemory, { id, importance: wanted });
    },
    say: ({ id, importance }) => `The importance of memory ${String(id)} is ${String(importance)} now.`,
  }),
  ownTool({
    ...{ name: 'memory_link', title: 'Link two memories', group, effect: 'adds', repeatable: true },
    description: 'Say that two memories belong together.',
    access: 'write',
    takes: LinkRequest.shape,
    gives: z.object({ linked: z.literal(true), source_id: z.number().int(), target_id: z.number().int() }),
    async run(body, ask) {
      const { results } = await ask(batch, { ops: [{ op: 'link', body }] });
      const [first] = results as { success: boolean; result?: Fields; error?: string }[];
      if (first?.success && first.result) return first.result;
      throw new Error(first?.error ?? 'The link was not made.');
    },
    say: ({ source_id, target_id }) => `Memories ${String(source_id)} and ${String(target_id)} are linked.`,
  }),
];
