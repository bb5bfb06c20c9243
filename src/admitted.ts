// The part of the composition root that text passes on its way in: secrets go, and what wants to be obeyed waits.
import type { Config } from './config.ts';
import type { Actors } from './core/actor.ts';
import type { Clock } from './core/clock.ts';
import type { Metrics } from './core/metrics.ts';
import { createAdmission } from './features/memory/admission.ts';
import { createRedactor } from './features/redaction/redactor.ts';
import type { Stores } from './stores.ts';

export interface AdmittedDeps {
  config: Config;
  read: Stores;
  actors: Actors;
  metrics: Pick<Metrics, 'redacted' | 'quarantined'>;
  clock: Clock;
}

export function createAdmitted({ config, read, actors, metrics, clock }: AdmittedDeps) {
  const { redact: enabled, scrub_messages } = config.secrets;
  const redactor = createRedactor({
    read,
    settings: { enabled, scrub_messages },
    onRedacted: metrics.redacted,
    clock,
  });
  const admit = createAdmission({
    redactor,
    actors,
    quarantine: config.quarantine,
    onQuarantined: metrics.quarantined,
    maxContentBytes: config.limits.content_bytes,
  });
  return { redactor, admit };
}
