// From the transcript of an agent to a conversation that can be read again, and to what the user said that is worth knowing.
// By rules alone: a hook comes after every turn, and a language model asked each time would spend tokens nobody asked it to.
import { DAY_MS } from '../../algo/durations.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import type { Redactor } from '../../core/redactor.ts';
import type { Scope } from '../../core/scope.ts';
import type { ConversationService } from '../conversations/service.ts';
import type { ConversationStore } from '../conversations/store.ts';
import { findingsOf } from '../extraction/rules.ts';
import { StoreRequest } from '../memory/contract.ts';
import type { MemoryService } from '../memory/service.ts';
import type { Agent } from './contract.ts';
import { excerpt, isObject, isOwnWords, type SaidTurn, spoken } from './rules.ts';
import { inTurn } from './sessions.ts';

export interface LearningDeps {
  read: { conversations: Pick<ConversationStore, 'ofSession' | 'list'> };
  conversations: Pick<ConversationService, 'upsert'>;
  memory: Pick<MemoryService, 'store'>;
  redactor: Pick<Redactor, 'message'>;
  /** Of what is found. */
  status: 'approved' | 'pending';
  clock: Clock;
}

export interface Transcript {
  readonly session_id: string;
  readonly cwd: string | null;
  readonly project: string | null;
  readonly turns: readonly SaidTurn[];
  readonly dry_run: boolean;
}

/** What the metadata of such a conversation hold. */
interface Marks {
  /** Time of the last turn that was brought in, RFC 3339. */
  readonly until: string;
  readonly cwd: string | null;
  readonly project: string | null;
  /** How it ended, for the next session. */
  readonly asked: string | null;
  readonly answered: string | null;
}

/** Where the last session in a folder was left. */
export interface Handoff extends Marks {
  readonly agent: string;
}

const dayOf = (at: number): number => Math.floor(at / DAY_MS);

const MAX_TITLE_CHARS = 80;
const MAX_HANDOFF_CHARS = 600;
const RECENT_CONVERSATIONS = 50;

function marksOf(metadata: string | null): Marks | null {
  try {
    const value: unknown = JSON.parse(metadata ?? 'null');
    if (!isObject(value) || typeof value.until !== 'string') return null;
    const text = (name: string) => (typeof value[name] === 'string' ? value[name] : null);
    return {
      until: value.until,
      cwd: text('cwd'),
      project: text('project'),
      asked: text('asked'),
      answered: text('answered'),
    };
  } catch {
    return null;
  }
}

export function createLearning({ read, conversations, memory, redactor, status, clock }: LearningDeps) {
  const turnByTurn = inTurn();

  /** What was said on one day is read together: what is corrected a moment later was never meant. */
  function* byDay(turns: readonly SaidTurn[]): Generator<readonly SaidTurn[]> {
    let day: SaidTurn[] = [];
    for (const turn of turns) {
      if (day.length > 0 && dayOf(day[0]!.at) !== dayOf(turn.at)) {
        yield day;
        day = [];
      }
      day.push(turn);
    }
    if (day.length > 0) yield day;
  }

  async function keep(scope: Scope, agent: Agent, { session_id, project, dry_run }: Transcript, turns: SaidTurn[]) {
    let learned = 0;
    let duplicates = 0;
    for (const day of byDay(turns.filter(isOwnWords))) {
      const at = day[0]!.at;
      for (const finding of findingsOf(day, at)) {
        if (dry_run) {
          learned++;
          continue;
        }
        const stored = await memory.store(
          scope,
          StoreRequest.parse({
            ...{ content: finding.content, category: finding.category ?? 'general', source: agent },
            ...{ importance: finding.importance ?? undefined, is_static: finding.is_static },
            ...{ forget_after: finding.forget_after, session_id, occurred_at: formatTime(at), status },
            tags: [...finding.tags, ...(project === null ? [] : [`project:${project}`])],
            origin: 'user',
          }),
        );
        if (stored.duplicate) duplicates++;
        else learned++;
      }
    }
    return { learned, duplicates };
  }

  async function addNew(scope: Scope, agent: Agent, transcript: Transcript) {
    const { session_id, cwd, project, turns, dry_run } = transcript;
    const known = await read.conversations.ofSession(scope.user_id, agent, session_id);
    const before = marksOf(known?.metadata ?? null);
    const since = before === null ? Number.NEGATIVE_INFINITY : Date.parse(before.until);
    const fresh = turns
      .filter(({ at }) => at > since)
      .flatMap((turn) => {
        const content = spoken(turn.content);
        // Before anything is cut out of it: half a secret is no longer told from other words.
        return content === null ? [] : [{ ...turn, content: redactor.message(content) }];
      })
      .sort((a, b) => a.at - b.at);
    const answer = { recorded: fresh.length, known: turns.filter(({ at }) => at <= since).length, dry_run };
    if (fresh.length === 0) return { ...answer, until: before?.until ?? null, learned: 0, duplicates: 0 };

    // Memories first: after a crash in between they are found again and known to be there, and nothing is missed.
    const kept = await keep(scope, agent, transcript, fresh);
    const until = new Date(fresh.at(-1)!.at).toISOString();
    if (dry_run) return { ...answer, ...kept, until: before?.until ?? null };
    const last = (role: SaidTurn['role']) => fresh.findLast((turn) => turn.role === role)?.content;
    const [asked, answered] = [last('user'), last('assistant')];
    const marks: Marks = {
      until,
      cwd: cwd ?? before?.cwd ?? null,
      project: project ?? before?.project ?? null,
      asked: asked === undefined ? (before?.asked ?? null) : excerpt(asked, MAX_HANDOFF_CHARS),
      answered: answered === undefined ? (before?.answered ?? null) : excerpt(answered, MAX_HANDOFF_CHARS),
    };
    const first = fresh.find(({ role }) => role === 'user')?.content;
    await conversations.upsert(scope, {
      agent,
      session_id,
      title: known?.title != null || first === undefined ? undefined : excerpt(first, MAX_TITLE_CHARS),
      metadata: JSON.stringify(marks),
      messages: fresh.map(({ role, content, at }) => ({
        ...{ role, content },
        metadata: JSON.stringify({ at: new Date(at).toISOString() }),
      })),
    });
    return { ...answer, ...kept, until };
  }

  return {
    add: (scope: Scope, agent: Agent, transcript: Transcript) =>
      turnByTurn(`${scope.user_id} ${agent} ${transcript.session_id}`, () => addNew(scope, agent, transcript)),

    /** The last session in this folder, or else on this project, other than the one that begins. */
    async handoff(
      scope: Scope,
      at: { session_id: string | null; cwd: string | null; project: string | null },
    ): Promise<Handoff | null> {
      const recent = await read.conversations.list(scope.user_id, undefined, RECENT_CONVERSATIONS, 0);
      const others = recent.flatMap(({ agent, session_id, metadata }) => {
        const marks = marksOf(metadata);
        return marks === null || session_id === at.session_id ? [] : [{ ...marks, agent }];
      });
      return (
        others.find(({ cwd }) => cwd !== null && cwd === at.cwd) ??
        others.find(({ project }) => project !== null && project === at.project) ??
        null
      );
    },

    now: (): number => clock.now(),
  };
}
export type Learning = ReturnType<typeof createLearning>;
