// What every text passes before it becomes a memory: its size, its secrets, where it comes from, and whether it wants to be
// obeyed.
import { suspicionOf } from '../../algo/injection.ts';
import type { Redaction } from '../../algo/secrets/redact.ts';
import type { Actors } from '../../core/actor.ts';
import { AppError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redactor.ts';
import { doorOf, type Origin, originOf, trustOf, verdictOn } from './provenance.ts';
import { MAX_CONTENT_BYTES, type Provenance } from './rules.ts';

export interface AdmissionDeps {
  redactor: Pick<Redactor, 'inSpace'>;
  actors: Pick<Actors, 'current'>;
  /** Whether suspicious text waits in the inbox; it is marked in either case. */
  quarantine: boolean;
  onQuarantined(): void;
  maxContentBytes?: number;
}

export interface Claim {
  user_id: number;
  space_id: number | null;
  source: string;
  origin?: Origin | null | undefined;
  agent?: unknown;
}

export interface Admitted {
  /** As it is stored. */
  readonly content: string;
  readonly redacted: readonly Redaction[];
  readonly provenance: Provenance;
}

const MAX_AGENT_CHARS = 200;

export function createAdmission({ redactor, actors, quarantine, onQuarantined, maxContentBytes }: AdmissionDeps) {
  const maxBytes = maxContentBytes ?? MAX_CONTENT_BYTES;

  function checked(content: string): string {
    const text = content.trim();
    if (text === '')
      throw new AppError('invalid_request', 'content is empty: give the text to remember.', {
        issues: [{ path: 'body.content', message: 'must not be blank' }],
      });
    const bytes = Buffer.byteLength(text);
    if (bytes > maxBytes) {
      throw new AppError(
        'content_too_large',
        `content is ${bytes} bytes; at most ${maxBytes} fit into one memory. Split it, or store a summary.`,
      );
    }
    return text;
  }

  return async (content: string, claim: Claim): Promise<Admitted> => {
    const { text, redacted } = await redactor.inSpace(claim.user_id, claim.space_id, checked(content));
    const actor = actors.current();
    const door = doorOf(actor);
    const origin = originOf(claim.origin, claim.source, door);
    const trust = trustOf(origin, door);
    const suspicion = suspicionOf(text);
    const verdict = verdictOn(suspicion, trust, origin, door);
    const held = verdict === 'quarantine' && quarantine;
    if (held) onQuarantined();
    const agent = typeof claim.agent === 'string' ? claim.agent.trim().slice(0, MAX_AGENT_CHARS) : '';
    return {
      content: text,
      redacted,
      provenance: {
        key_id: actor?.key_id || null,
        agent: agent === '' ? null : agent,
        door,
        origin,
        trust,
        suspicion: verdict === 'nothing' ? null : JSON.stringify(suspicion.reasons),
        quarantined: held ? 1 : 0,
      },
    };
  };
}
export type Admission = ReturnType<typeof createAdmission>;
