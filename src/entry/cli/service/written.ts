// Files that this program writes for others to read carry a checksum of themselves: it tells whether a person changed them.
import { sha256 } from '../../../platform/system.ts';

const LINE = /^[^\n]*\bengram-checksum: ([0-9a-f]{16})\b[^\n]*\n/m;
const digest = (text: string): string => sha256(text).slice(0, 16);

/** @param text holds, on a line of its own, the mark in which the checksum is to stand */
export const CHECKSUM_MARK = 'engram-checksum: 0000000000000000';

export const stamp = (text: string): string =>
  text.replace(CHECKSUM_MARK, `engram-checksum: ${digest(text.replace(LINE, ''))}`);

/** True when the text is as `stamp` left it. */
export function isUntouched(text: string): boolean {
  const found = LINE.exec(text)?.[1];
  return found !== undefined && found === digest(text.replace(LINE, ''));
}

/** Where a copy goes that overwrites none before it. */
export function backupPath(path: string, exists: (path: string) => boolean): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? `${path}.bak` : `${path}.bak${n}`;
    if (!exists(candidate)) return candidate;
  }
}
