// The smallest server: for measuring a checkout that has no command line.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { createApp } from '../src/app.ts';
import { loadConfig } from '../src/config.ts';
import { listen } from '../src/platform/listen.ts';

const readFile = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};
const argv = process.argv.slice(2).filter((arg) => arg !== 'serve');
const { config } = loadConfig({ argv, env: process.env, readFile, cwd: process.cwd(), home: homedir() });
const app = await createApp(config);
const { host, port, limits } = config;
const listener = await listen(app.fetch, { host, port, maxBodyBytes: limits.body_bytes });
console.log(listener.url);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    await listener.close();
    await app.close();
    process.exit(0);
  });
}
