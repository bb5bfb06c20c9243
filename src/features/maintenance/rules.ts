// When writing a whole database anew is worth its while. Pure.

/** In bytes; `slack` is the part of it that holds nothing. */
export interface Room {
  size: number;
  slack: number;
}

/** Both must be exceeded. */
const WORTH = { share: 0.25, bytes: 16 * 2 ** 20 };

export const shareOf = ({ size, slack }: Room): number => (size === 0 ? 0 : slack / size);

/**
 * @param left share of slack that the last compaction left: rows that do not fill their pages leave the same again, and
 *   would have the file written anew for nothing every week
 */
export function worthCompacting(room: Room, left: number): boolean {
  const gain = room.slack - left * room.size;
  return gain > WORTH.bytes && gain > WORTH.share * room.size;
}

/** The share in app_state; nothing is known to be left when it is none of ours. */
export function parseShare(text: string | undefined): number {
  const share = Number(text ?? 0);
  return share >= 0 && share < 1 ? share : 0;
}
