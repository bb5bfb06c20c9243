// Who a request comes from, behind proxies that are believed. Pure.
import type { Caller } from '../../core/limits.ts';

/** IPv4 as itself where a socket of both families wrote it as IPv6. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '').toLowerCase();
const isLoopback = (address: string): boolean => address.startsWith('127.') || address === '::1';

/** `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1` or `[2001:db8::1]:4711`; null for anything else. */
function readAddress(text: string): string | null {
  const trimmed = text.trim();
  const bare =
    /^\[([0-9a-f:.]+)\](?::\d+)?$/i.exec(trimmed)?.[1] ?? trimmed.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  return /^(?:\d{1,3}\.){3}\d{1,3}$/.test(bare) || /^[0-9a-f]*:[0-9a-f:]*(?:\d{1,3}(?:\.\d{1,3}){3})?$/i.test(bare)
    ? plain(bare)
    : null;
}

/**
 * Walks from the nearest hop outward and stops at the first that is not trusted: whatever stands further out, that one could
 * have made up.
 * @param peer address of the connection; null in process
 * @param forwarded X-Forwarded-For
 */
export function callerOf(peer: string | null, forwarded: string | undefined, trusted: ReadonlySet<string>): Caller {
  if (peer === null) return { address: null, local: true };
  let address = plain(peer);
  if (forwarded === undefined || forwarded.trim() === '') return { address, local: isLoopback(address) };
  // A proxy on this machine that nobody named: it speaks for others, so it is not of this machine.
  if (!trusted.has(address)) return { address, local: false };
  for (const hop of forwarded.split(',').reverse()) {
    const next = readAddress(hop);
    if (next === null) break;
    address = next;
    if (!trusted.has(address)) break;
  }
  return { address, local: isLoopback(address) };
}
