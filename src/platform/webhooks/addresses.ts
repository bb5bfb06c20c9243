// Which addresses belong to this machine or to networks that only it can reach: what users name must not lead there.
import { BlockList, isIP } from 'node:net';

const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10], // shared by carriers
  ['127.0.0.0', 8],
  ['169.254.0.0', 16], // link-local, and what clouds tell their machines
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15], // between test devices
  ['224.0.0.0', 4], // multicast
  ['240.0.0.0', 4],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv4');
for (const [network, bits] of [
  ['::', 128],
  ['::1', 128],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(network, bits, 'ipv6');

/** The sixteen bytes of an IPv6 address that is known to be one. */
function bytesOf(address: string): number[] {
  const dotted = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_all, ...parts: string[]) => {
    const [a, b, c, d] = parts.slice(0, 4).map(Number) as [number, number, number, number];
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head, tail] = dotted.split('::') as [string, string | undefined];
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const [first, last] = [groups(head), groups(tail)];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: zeros }, () => '0'), ...last].flatMap((group) => {
    const n = Number.parseInt(group, 16);
    return [n >> 8, n & 255];
  });
}

/** IPv4 addresses in the clothes of IPv6: mapped, compatible, translated (NAT64) and 6to4. */
function within(address: string): string | null {
  const bytes = bytesOf(address);
  const starts = (...prefix: number[]) => prefix.every((byte, at) => bytes[at] === byte);
  const zeros = (until: number) => bytes.slice(0, until).every((byte) => byte === 0);
  if (starts(0x20, 0x02)) return bytes.slice(2, 6).join('.');
  if (starts(0x00, 0x64, 0xff, 0x9b) || zeros(12) || (zeros(10) && bytes[10] === 255 && bytes[11] === 255))
    return bytes.slice(12).join('.');
  return null;
}

/** @param address as the resolver gives it, without brackets */
export function isPrivateAddress(address: string): boolean {
  const bare = address.replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 4) return PRIVATE.check(bare, 'ipv4');
  if (family === 0) return true;
  const inner = within(bare);
  return PRIVATE.check(bare, 'ipv6') || (inner !== null && PRIVATE.check(inner, 'ipv4'));
}

/** Names that mean this machine or its cloud, whatever they resolve to. */
export const isLocalName = (host: string): boolean =>
  /^(?:(?:.*\.)?(?:localhost|local|internal)|metadata)\.?$/i.test(host);
