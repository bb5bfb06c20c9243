// Where a memory comes from and how far that is trusted. Pure.
import { BLATANT, SUSPICIOUS, type Suspicion } from '../../algo/injection.ts';
import type { Actor } from '../../core/actor.ts';
import type { ORIGINS } from '../../core/shapes.ts';

export type Origin = (typeof ORIGINS)[number];
export type Trust = 'trusted' | 'normal' | 'untrusted';

/** Ways in that are more than a single call: the first part of the id of what was called. */
const DOORS: Readonly<Record<string, string>> = {
  extraction: 'extraction',
  transfer: 'import',
  import: 'import',
  imports: 'import',
  ingest: 'ingest',
  sync: 'sync',
  hooks: 'hook',
};

/** @returns null outside of any call, such as in a program that was not told */
export function doorOf(actor: Actor | null): string | null {
  if (!actor) return null;
  return DOORS[actor.action.split('.')[0]!] ?? actor.door;
}

const FROM_WEB =
  /^(?:web|www|url|https?|fetch|browser|browse|scrap\w*|crawl\w*|search(?:[_-]?results?)?|rss|email|e-mail|mail|webfetch|websearch)(?:$|[\s:_/.-])/i;
const FROM_TOOL =
  /^(?:tools?|function|mcp|shell|bash|command|stdout|terminal|exec)(?:[_-]?(?:output|result|call|use)s?)?(?:$|[\s:/.])/i;
const FROM_DOCUMENT = /^(?:document|doc|file|pdf|ingest|upload)s?(?:$|[\s:_/.-])/i;

/** What the caller says, else what the name of the source tells. */
export function originOf(said: Origin | null | undefined, source: string, door: string | null): Origin {
  if (said && said !== 'unknown') return said;
  if (FROM_WEB.test(source)) return 'web';
  if (FROM_TOOL.test(source)) return 'tool';
  if (FROM_DOCUMENT.test(source) || door === 'ingest') return 'document';
  return said ?? 'unknown';
}

/** Anybody can write what a page or a tool says. What a person types at the machine itself is theirs. */
export function trustOf(origin: Origin, door: string | null): Trust {
  if (origin === 'web' || origin === 'tool') return 'untrusted';
  return origin === 'user' && (door === 'cli' || door === 'gui') ? 'trusted' : 'normal';
}

/** Ways in through which text comes that nobody has read. */
const UNREAD: ReadonlySet<string | null> = new Set(['extraction', 'import', 'ingest', 'sync', 'hook']);

/**
 * People keep notes about prompts: what somebody stores themselves is marked at most. What comes from outside waits for
 * them, and so does what can hardly be anything else and came in with many others.
 */
export function verdictOn(
  { score }: Suspicion,
  trust: Trust,
  origin: Origin,
  door: string | null,
): 'nothing' | 'flag' | 'quarantine' {
  if (score < SUSPICIOUS) return 'nothing';
  if (trust === 'untrusted') return 'quarantine';
  if (trust === 'trusted') return 'flag';
  return score >= BLATANT && (origin === 'document' || UNREAD.has(door)) ? 'quarantine' : 'flag';
}
