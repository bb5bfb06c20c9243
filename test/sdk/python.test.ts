// The Python client's own tests, against a real server.
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { serveApp } from './support.ts';

const FOLDER = join(import.meta.dirname, '../../sdk/python');
const found = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).status === 0;
if (!found) console.log('skipped: the Python client needs python3, 3.9 or newer');

describe.skipIf(!found)('the Python client', () => {
  it('passes its tests', async () => {
    const served = await serveApp();
    const env = {
      PATH: process.env.PATH ?? '',
      ENGRAM_URL: served.url,
      ENGRAM_API_KEY: served.app.key,
      PYTHONDONTWRITEBYTECODE: '1',
    };
    const args = ['-W', 'error', '-m', 'unittest', 'discover', '-s', 'tests', '-t', '.'];
    const ran = await promisify(execFile)('python3', args, { cwd: FOLDER, env }).catch((failed) => failed);
    await served.close();
    expect(ran.stderr).toMatch(/Ran \d\d tests in [\d.]+s\n\nOK\n$/);
  });
});
