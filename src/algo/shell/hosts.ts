// Addresses as programs read them: 2130706433, 0x7f000001, 0177.1 and ::ffff:7f00:1 are all this machine.

const METADATA_NAMES = new Set([
  'metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data', 'instance-data.ec2.internal', 'metadata.azure.internal',
  'metadata.platformequinix.com',
]); // biome-ignore format: a list
/** Outside the link-local range; the last is fd00:ec2::254. */
const METADATA_ADDRESSES = new Set(['100.100.100.200', '192.0.0.192', '168.63.129.16']);
const METADATA_V6 = 'fd00:ec2:0:0:0:0:0:254';

/** `user@[::1]:22` is `::1`. */
export function hostOf(target: string): string {
  let host = target
    .trim()
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/[/?#].*$/s, '');
  host = host.slice(host.lastIndexOf('@') + 1);
  const bracketed = /^\[([^\]]*)\]/.exec(host);
  if (bracketed) return bracketed[1]!.replace(/%.*$/, '');
  if ((host.match(/:/g) ?? []).length === 1) host = host.slice(0, host.indexOf(':'));
  return host.replace(/\.$/, '').replace(/%.*$/, '');
}

/** Four bytes of an IPv4 address in any spelling that inet_aton takes; null for a name. */
export function ipv4(host: string): number[] | null {
  const parts = host.split('.');
  if (parts.length > 4 || !parts.every((part) => /^(?:0x[0-9a-f]*|\d+)$/.test(part))) return null;
  const numbers = parts.map((part) =>
    part.startsWith('0x')
      ? Number.parseInt(part.slice(2) || '0', 16)
      : /^0[0-7]+$/.test(part)
        ? Number.parseInt(part, 8)
        : Number(part),
  );
  const last = numbers.pop()!;
  if (numbers.some((byte) => byte > 255) || last >= 256 ** (4 - numbers.length)) return null;
  const tail = Array.from(
    { length: 4 - numbers.length },
    (_, i) => Math.floor(last / 256 ** (3 - numbers.length - i)) % 256,
  );
  return [...numbers, ...tail];
}

/** Eight groups of an IPv6 address; null when it is none. */
function ipv6(host: string): number[] | null {
  if (!host.includes(':')) return null;
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(host);
  const bytes = dotted ? ipv4(dotted[2]!) : null;
  if (dotted && !bytes) return null;
  const text = bytes
    ? `${dotted![1]}${(bytes[0]! * 256 + bytes[1]!).toString(16)}:${(bytes[2]! * 256 + bytes[3]!).toString(16)}`
    : host;
  const halves = text.split('::');
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half === '' ? [] : half.split(':')));
  if (!groups.flat().every((group) => /^[0-9a-f]{1,4}$/.test(group))) return null;
  const missing = 8 - groups.flat().length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  const all = halves.length === 1 ? groups[0]! : [...groups[0]!, ...Array<string>(missing).fill('0'), ...groups[1]!];
  return all.map((group) => Number.parseInt(group, 16));
}

export type HostKind = 'loopback' | 'metadata' | 'link-local';

/** What is special about a host; null for one like any other, private networks among them. */
export function hostKind(target: string): HostKind | null {
  const host = hostOf(target);
  if (
    host === 'localhost' ||
    host.endsWith('.localhost') ||
    host === 'localhost.localdomain' ||
    host === 'ip6-localhost'
  )
    return 'loopback';
  if (METADATA_NAMES.has(host)) return 'metadata';
  const six = ipv6(host);
  if (six) {
    const mapped = six.slice(0, 5).every((group) => group === 0) && (six[5] === 0xffff || six[5] === 0);
    if (mapped && six[5] === 0 && six[6] === 0 && six[7]! <= 1) return 'loopback';
    if (mapped) return bytesKind([six[6]! >> 8, six[6]! & 255, six[7]! >> 8, six[7]! & 255]);
    if (six.map((group) => group.toString(16)).join(':') === METADATA_V6) return 'metadata';
    return (six[0]! & 0xffc0) === 0xfe80 ? 'link-local' : null;
  }
  const four = ipv4(host);
  return four ? bytesKind(four) : null;
}

function bytesKind(bytes: readonly number[]): HostKind | null {
  if (METADATA_ADDRESSES.has(bytes.join('.'))) return 'metadata';
  if (bytes[0] === 127 || bytes[0] === 0) return 'loopback';
  if (bytes[0] === 169 && bytes[1] === 254) return bytes[2] === 169 && bytes[3] === 254 ? 'metadata' : 'link-local';
  return null;
}
