#!/usr/bin/env bun
// Where the program begins. An agent waits while its hook runs, so a hook loads nothing of the rest.
import { homedir } from 'node:os';
import packageJson from '../package.json' with { type: 'json' };
import { calledAs } from './entry/cli/called-as.ts';

// A proxy for the outside world cannot reach what runs on this machine.
process.env.NO_PROXY = [process.env.NO_PROXY ?? process.env.no_proxy, '127.0.0.1', 'localhost', '::1']
  .filter(Boolean)
  .join(',');

const argv = calledAs(process.argv0, process.argv.slice(2));
const [command, ...words] = argv;
if (command === 'hook' && !words.some((word) => word.startsWith('-'))) {
  const { runHook } = await import('./entry/hook.ts');
  const { stdin, write, now } = await import('./platform/hook-process.ts');
  await runHook({
    ...{ words, env: process.env, cwd: process.cwd(), home: homedir(), stdin, now },
    print: write,
    elapsed: () => performance.now(),
  });
  process.exit(0);
}
// Asked by installers and scripts, often: nothing has to be loaded to know it.
if (argv.length === 1 && (command === '--version' || command === '-V')) {
  process.stdout.write(`engram ${packageJson.version}\n`);
  process.exit(0);
}
const { runProgram } = await import('./program.ts');
process.exit(await runProgram(argv));
