#!/usr/bin/env node
// The `engram` command of the package: the program under the pinned Bun, whatever runs us.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, join(dirname(fileURLToPath(import.meta.url)), '..', 'src', 'main.ts'));
await import('./with-bun.mjs');
