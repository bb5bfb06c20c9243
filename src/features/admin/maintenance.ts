// While a server is maintained, it is read from, and nothing in it changes but by administrators.
import { type Clock, formatTime } from '../../core/clock.ts';
import { AppError } from '../../core/errors.ts';
import { allows, type Scope } from '../../core/scope.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';

type State = Pick<AccessStore, 'state' | 'setState'>;

export interface MaintenanceModeDeps {
  read: { access: Pick<State, 'state'> };
  atomically: Atomically<{ access: Pick<State, 'setState'> }>;
  clock: Clock;
}

export interface MaintenanceMode {
  enabled: boolean;
  message: string | null;
  /** core/clock text; null while it is off. */
  since: string | null;
}

const KEY = 'maintenance';
const OFF: MaintenanceMode = { enabled: false, message: null, since: null };

function parsed(text: string | undefined): MaintenanceMode {
  try {
    const { enabled, message, since } = JSON.parse(text ?? '{}');
    return enabled === true ? { enabled, message: message ?? null, since: since ?? null } : OFF;
  } catch {
    return OFF;
  }
}

export function createMaintenanceMode({ read, atomically, clock }: MaintenanceModeDeps) {
  let mode = OFF;
  return {
    async start(): Promise<void> {
      mode = parsed(await read.access.state(KEY));
    },
    get: () => mode,
    async set(enabled: boolean, message: string | null): Promise<MaintenanceMode> {
      const now = formatTime(clock.now());
      const next = enabled ? { enabled, message, since: mode.since ?? now } : OFF;
      await atomically(({ access }) => access.setState(KEY, JSON.stringify(next), now));
      mode = next;
      return mode;
    },
    /** @throws AppError maintenance */
    admit(wanted: 'public' | 'read' | 'write' | 'admin', scope: Scope | null): void {
      if (!mode.enabled || wanted !== 'write' || (scope && allows(scope, 'admin'))) return;
      const why = mode.message === null ? '' : ` ${mode.message}`;
      throw new AppError(
        'maintenance',
        `The server is being maintained since ${mode.since} and takes no changes; reading goes on.${why}`,
      );
    },
  };
}
export type MaintenanceModes = ReturnType<typeof createMaintenanceMode>;
