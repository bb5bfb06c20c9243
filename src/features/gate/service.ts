// Agents ask before they use a tool. Rules answer at once where they can; else the request waits for a person.

import { DAY_MS } from '../../algo/durations.ts';
import { serviceNote } from '../../algo/shell/danger.ts';
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import type { Redactor } from '../../core/redactor.ts';
import type { Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { CheckRequest, CompleteRequest, RespondRequest } from './contract.ts';
import { type GateSettings, ruling, scrub } from './rules.ts';
import type { GateRow, GateStore } from './store.ts';

/** How often one who waits looks by itself: for answers given to another server, and for the end of its time. */
const LOOK_EVERY_MS = 500;
const KEEP_MS = 90 * DAY_MS;

export interface GateDeps {
  read: { gates: GateStore };
  atomically: Atomically<{ gates: GateStore }>;
  settings: GateSettings;
  redactor: Pick<Redactor, 'plain'>;
  clock: Clock;
}

/** What a tool is given, as one text. */
function commandOf({ command, tool_input }: CheckRequest): string {
  if (command != null) return command;
  for (const name of ['command', 'file_path', 'path', 'url', 'query', 'pattern']) {
    const value = tool_input?.[name];
    if (typeof value === 'string') return value;
  }
  return JSON.stringify(tool_input ?? {});
}

export function createGate({ read, atomically, settings, redactor, clock }: GateDeps) {
  const now = () => formatTime(clock.now());
  /** Who waits for an answer, in this process. */
  const waiting = new Map<number, Set<() => void>>();
  let closed = false;

  const wake = (id: number): void => {
    for (const look of waiting.get(id) ?? []) look();
  };

  /** Ends with the next answer, after a moment, or when the server stops. */
  async function moment(id: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const looks = waiting.get(id) ?? new Set();
    waiting.set(id, looks.add(resolve));
    const timer = setTimeout(resolve, LOOK_EVERY_MS);
    await promise;
    clearTimeout(timer);
    looks.delete(resolve);
    if (looks.size === 0) waiting.delete(id);
  }

  /** The request as it stands when it is answered, its time is over, or the server stops. */
  async function settled(user_id: number, id: number): Promise<GateRow | undefined> {
    for (;;) {
      const row = await read.gates.byId(user_id, id);
      if (row?.status !== 'pending' || closed) return row;
      if (row.expires_at !== null && row.expires_at <= now()) {
        const reason = `Nobody answered within ${settings.approval_timeout} seconds.`;
        await atomically(({ gates }) => gates.settle(user_id, id, now(), { status: 'expired', reason }));
        return read.gates.byId(user_id, id);
      }
      await moment(id);
    }
  }

  const missing = (what: string) => new AppError('gate_not_found', `There is no request ${what} at the gate.`);

  async function complete(scope: Scope, row: GateRow | undefined, what: string, request: CompleteRequest) {
    if (!row) throw missing(what);
    const { user_id } = scope;
    const output = redactor.plain(scrub(request.output ?? request.summary ?? '', request.known_secrets));
    await atomically(({ gates }) => gates.complete(user_id, row.id, output, now()));
    const kleos_stores = await read.gates.memoriesSince(user_id, row.last_memory_id);
    return { ok: true as const, allowed: true as const, gate_id: row.id, kleos_stores };
  }

  return {
    async check({ user_id }: Scope, request: CheckRequest) {
      const command = commandOf(request);
      const tool_name = request.tool_name ?? null;
      const ruled = ruling(command, tool_name, settings);
      const waits = ruled.kind === 'pending' && ruled.waits && !request.skip_approval;
      const status = ruled.kind === 'pending' && ruled.waits && !waits ? 'allowed' : ruled.kind;
      const reason = ruled.kind === 'allowed' || status === 'allowed' ? null : ruled.reason;
      const at = clock.now();
      const id = await atomically(async ({ gates }) =>
        gates.insert({
          user_id,
          agent: request.agent ?? 'unknown',
          command,
          tool_name,
          session_id: request.session_id ?? null,
          context: request.context ?? null,
          status,
          reason,
          output: null,
          last_memory_id: await gates.lastMemory(user_id),
          expires_at: waits ? formatTime(at + settings.approval_timeout * 1000) : null,
          created_at: formatTime(at),
          updated_at: formatTime(at),
        }),
      );
      const end = waits ? await settled(user_id, id) : { status, reason };
      const allowed = end?.status === 'allowed' || end?.status === 'approved';
      const requires_approval = end?.status === 'pending';
      const stopping = waits && requires_approval ? 'The server stops before anybody answered. Ask again.' : null;
      const enrichment = serviceNote(command);
      const said = stopping ?? end?.reason ?? null;
      return {
        allowed,
        action: allowed ? ('allow' as const) : ('block' as const),
        reason: said,
        message: said,
        resolved_command: allowed ? command : null,
        gate_id: id,
        requires_approval,
        ...(enrichment !== null && { enrichment }),
      };
    },

    async respond({ user_id }: Scope, { gate_id, approved, reason }: RespondRequest) {
      const status = approved ? 'approved' : 'denied';
      const why = reason ?? (approved ? null : 'It was refused.');
      const taken = await atomically(({ gates }) => gates.settle(user_id, gate_id, now(), { status, reason: why }));
      const row = await read.gates.byId(user_id, gate_id);
      if (!row) throw missing(String(gate_id));
      if (!taken)
        throw new AppError(
          'gate_over',
          `The request ${gate_id} does not wait any more${row.status === 'pending' ? ': its time is over' : `; it is ${row.status}`}.`,
        );
      wake(gate_id);
      return { ok: true as const, approved, command: row.command };
    },

    /** The request that is named, else the latest of its session. */
    async complete(scope: Scope, request: CompleteRequest) {
      const { user_id } = scope;
      const { gate_id, session_id } = request;
      if (gate_id != null) return complete(scope, await read.gates.byId(user_id, gate_id), String(gate_id), request);
      const row = await read.gates.latestOf(user_id, session_id ?? '');
      return complete(scope, row, `of the session ${session_id}`, request);
    },

    sweep: () => atomically(({ gates }) => gates.sweep(now(), formatTime(clock.now() - KEEP_MS))),

    /** Whoever waits gets an answer now, and nobody waits any more. */
    close(): void {
      closed = true;
      for (const id of [...waiting.keys()]) wake(id);
    },
  };
}
export type Gate = ReturnType<typeof createGate>;
