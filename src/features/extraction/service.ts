// From a conversation to memories.
import { type Clock, parseTime } from '../../core/clock.ts';
import type { Llm } from '../../core/llm.ts';
import type { Logger } from '../../core/log.ts';
import type { Scope } from '../../core/scope.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';
import type { AddRequest } from './contract.ts';
import { findingsByLlm } from './llm.ts';
import { type Finding, findingsOf, type Turn, turnsOf } from './rules.ts';

export interface ExtractionDeps {
  memory: Pick<MemoryService, 'store'>;
  llm: Llm | null;
  /** Of what is found, when the caller does not say. */
  status: 'approved' | 'pending';
  clock: Clock;
  logger: Logger;
}

interface Found {
  findings: Finding[];
  extracted_by: 'llm' | 'rules';
  degraded: string[];
}

export function createExtraction({ memory, llm, status, clock, logger }: ExtractionDeps) {
  async function find(turns: readonly Turn[], at: number): Promise<Found> {
    if (llm === null) return { findings: findingsOf(turns, at), extracted_by: 'rules', degraded: [] };
    try {
      return { findings: await findingsByLlm(llm, turns, at), extracted_by: 'llm', degraded: [] };
    } catch (error) {
      logger.warn({ err: error }, 'a conversation was read by rules');
      return { findings: findingsOf(turns, at), extracted_by: 'rules', degraded: ['llm'] };
    }
  }

  return {
    async add(scope: Scope, request: AddRequest) {
      const turns = request.messages ?? turnsOf(request.text ?? '');
      const at = parseTime(request.occurred_at ?? '') ?? clock.now();
      const { findings, extracted_by, degraded } = await find(turns, at);
      const facts = [];
      for (const finding of findings) {
        const category = finding.category ?? request.category;
        const stored = await memory.store(
          scope,
          StoreRequest.parse({
            content: finding.content,
            category,
            source: request.source,
            importance: finding.importance ?? undefined,
            tags: [...finding.tags],
            is_static: finding.is_static,
            forget_after: finding.forget_after,
            session_id: request.session_id,
            space_id: request.space_id,
            episode_id: request.episode_id,
            occurred_at: request.occurred_at,
            status: request.status ?? status,
          }),
        );
        const { id, duplicate } = stored;
        facts.push({
          id,
          content: finding.content,
          category,
          is_correction: finding.is_correction,
          status: stored.status,
          duplicate,
        });
      }
      return {
        added: facts.filter(({ duplicate }) => !duplicate).length,
        facts,
        source: request.source,
        messages_processed: turns.length,
        extracted_by,
        degraded,
      };
    },
  };
}
export type Extraction = ReturnType<typeof createExtraction>;
