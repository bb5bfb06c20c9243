// Unpacks deflated data, never more than was asked for: an archive may say less than it holds.
import { inflateRawSync } from 'node:zlib';
import type { Inflate } from '../algo/zip.ts';

export const inflate: Inflate = (packed, max) => inflateRawSync(packed, { maxOutputLength: Math.max(1, max) });
