// One folder for everything a test run writes, removed when the run ends.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Test files run in threads of one process, so its id names the run. */
export const TEMP_ROOT = join(tmpdir(), `engram-test-${process.pid}`);

export const teardown = (): void => rmSync(TEMP_ROOT, { recursive: true, force: true });
