// A server that ended badly again and again takes no changes until somebody has looked at it.
import { z } from 'zod';
import { endpoint } from '../../core/endpoint.ts';

export const exitSafeMode = endpoint({
  id: 'safe_mode.exit',
  method: 'POST',
  path: '/admin/safe-mode/exit',
  access: 'admin',
  summary: 'Take changes again after a row of crashes',
  description:
    'A server that ended three times within five minutes without being stopped starts in safe mode: reads are answered, changes are refused with 503 and background work waits. `GET /health` shows it. Look at the log first.',
  response: z.looseObject({
    safe_mode: z.literal(false),
    was: z.boolean().meta({ description: 'Whether it was on' }),
  }),
});
