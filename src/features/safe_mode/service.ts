// Counts starts that found no clean stop before them. Three within five minutes: something kills the server again and
// again, and what it does then may make it worse, so it only reads until an administrator says otherwise.
import type { Clock } from '../../core/clock.ts';
import { formatTime } from '../../core/clock.ts';
import type { EndpointSpec } from '../../core/endpoint.ts';
import { AppError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { Atomically } from '../../core/unit-of-work.ts';
import type { AccessStore } from '../access/store.ts';
import { exitSafeMode } from './contract.ts';
import { afterStart, isLoop, LIFE, readLife } from './rules.ts';

type State = Pick<AccessStore, 'state' | 'setState'>;

export interface SafeModeDeps {
  atomically: Atomically<{ access: State }>;
  clock: Clock;
  logger: Logger;
  /** Off: starts are not counted. So it is with a database that several servers share. */
  enabled: boolean;
}

export function createSafeMode({ atomically, clock, logger, enabled }: SafeModeDeps) {
  let on = false;
  let serving = false;

  const write = (access: State, crashes: readonly number[], clean: boolean): Promise<void> =>
    access.setState(LIFE, JSON.stringify({ crashes, clean }), formatTime(clock.now()));

  return {
    get on(): boolean {
      return on;
    },

    /** The server begins to answer. */
    async begin(): Promise<void> {
      if (!enabled) return;
      serving = true;
      on = await atomically(async ({ access }) => {
        const crashes = afterStart(readLife(await access.state(LIFE)), clock.now());
        await write(access, crashes, false);
        return isLoop(crashes);
      });
      if (on)
        logger.error(
          {},
          'three crashes within five minutes: changes are refused, POST /admin/safe-mode/exit ends that',
        );
    },

    /** The server stops as it should. Crashes before it are no reason any more, unless nobody has looked yet. */
    async end(): Promise<void> {
      if (!serving) return;
      serving = false;
      await atomically(async ({ access }) => {
        const { crashes } = readLife(await access.state(LIFE));
        await write(access, on ? crashes : [], true);
      });
    },

    async exit() {
      const was = on;
      await atomically(({ access }) => write(access, [], !serving));
      on = false;
      return { safe_mode: false as const, was };
    },

    /** @throws AppError safe_mode */
    admit({ id, access, method }: EndpointSpec): void {
      if (!on || access === 'read' || method === 'GET' || id === exitSafeMode.id) return;
      throw new AppError(
        'safe_mode',
        'The server crashed three times within five minutes and only answers reads now.',
        {
          hint: 'Look at its log, then let an administrator call POST /admin/safe-mode/exit.',
          retry_after: 60,
        },
      );
    },
  };
}
export type SafeMode = ReturnType<typeof createSafeMode>;
