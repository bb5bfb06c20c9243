// How the language model says that memories are related; what it does not answer stays as the rules found it.
import { z } from 'zod';
import type { Relation } from '../../algo/relations/relation.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { MemoryRow } from '../memory/rules.ts';
import { type Pairing, related } from './rules.ts';

/** Neighbours it is asked about. */
const JUDGED = 3;
const ASKED_CHARS = 800;

const INSTRUCTIONS = `A new note has been stored in the memory of an agent. For each numbered earlier note, say how the new one
relates to it:
contradicts: both cannot be true now as they are written, though both speak of the same thing;
updates: the new one tells a later state of the same thing, and the earlier one is over;
extends: the new one says the same and adds to it;
caused_by: what the new one tells happened because of what the earlier one tells;
causes: what the earlier one tells happened because of what the new one tells;
prerequisite_for: what the earlier one tells must be there or done first for what the new one tells;
none: anything else, also when in doubt.
Notes about different things, times or people do not contradict each other.`;

const Answer = z.object({
  relations: z.array(
    z.object({
      note: z.number().int(),
      relation: z.enum(['contradicts', 'updates', 'extends', 'caused_by', 'causes', 'prerequisite_for', 'none']),
      confidence: z.number().min(0).max(1),
      reason: z.string().max(500),
    }),
  ),
});
type Judgement = z.infer<typeof Answer>['relations'][number];

/** Below this the model guesses. */
const LEAST_CONFIDENCE = 0.5;

const clip = (text: string): string => Array.from(text).slice(0, ASKED_CHARS).join('');
const shown = (row: MemoryRow) => ({ at: row.occurred_at ?? row.created_at, text: clip(row.content) });

const plain = (type: Relation['type'], strength: number, backwards = false): Relation => ({
  type,
  backwards,
  strength,
  contradiction: null,
});

/** As seen from the memory that is newer by when it happened. */
function relationsFrom({ relation, confidence, reason }: Judgement, pairing: Pairing): readonly Relation[] {
  const similar = pairing.nearness > 0 ? [plain('similarity', pairing.nearness)] : [];
  if (relation === 'none' || confidence < LEAST_CONFIDENCE) return similar;
  const turned = pairing.backdated;
  switch (relation) {
    case 'contradicts':
    case 'updates': {
      const found = pairing.relations.find(({ contradiction }) => contradiction !== null)?.contradiction;
      const contradiction = found ?? { kind: 'judged' as const, confidence, reason };
      const all = [{ ...plain('contradicts', confidence), contradiction: { ...contradiction, confidence } }];
      return relation === 'updates' ? [...all, plain('updates', confidence)] : all;
    }
    case 'extends':
      return [plain('extends', confidence, turned)];
    case 'caused_by':
      return [plain('caused_by', confidence, turned)];
    case 'causes':
      return [plain('caused_by', confidence, !turned)];
    case 'prerequisite_for':
      return [plain('prerequisite_for', confidence, !turned)];
  }
}

/** Has the first few judged, in place. */
export async function judge(llm: Llm, row: MemoryRow, pairings: readonly Pairing[], logger: Logger): Promise<void> {
  const asked = related(pairings).slice(0, JUDGED);
  if (asked.length === 0) return;
  try {
    const { relations } = await llm.ask({
      purpose: 'relate memories',
      instructions: INSTRUCTIONS,
      data: JSON.stringify({
        new: shown(row),
        earlier: asked.map(({ near }, at) => ({ note: at + 1, ...shown(near.row) })),
      }),
      answer: Answer,
      urgency: 'later',
    });
    for (const judgement of relations) {
      const pairing = asked[judgement.note - 1];
      if (!pairing || pairing.judged) continue;
      pairing.relations = relationsFrom(judgement, pairing);
      pairing.judged = true;
    }
  } catch (error) {
    logger.warn({ err: error, memory: row.id }, 'links were found by rules alone: the language model did not answer');
  }
}
