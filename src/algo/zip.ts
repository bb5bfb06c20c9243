// ZIP archives (APPNOTE 6.3): written piece by piece without compression, read with bounds on everything an archive claims.

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** Names are UTF-8. */
const UTF8_FLAG = 0x0800;
const STORED = 0;
const DEFLATED = 8;
/** 1 January 1980: archives of the same content are the same. */
const NO_DATE = 0x0021;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

export interface ZipWriter {
  /** @returns what is to be written for this file */
  file(name: string, content: Uint8Array): Uint8Array;
  /** The directory, which ends the archive. */
  end(): Uint8Array;
}

/** Up to 65,535 files and 4 GB. @throws RangeError beyond that */
export function zipWriter(): ZipWriter {
  const encoder = new TextEncoder();
  const directory: Uint8Array[] = [];
  let offset = 0;
  const header = (size: number, write: (view: DataView) => void): Uint8Array => {
    const bytes = new Uint8Array(size);
    write(new DataView(bytes.buffer));
    return bytes;
  };
  const joined = (...parts: Uint8Array[]): Uint8Array => {
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  };
  return {
    file(name, content) {
      if (directory.length >= 0xffff) throw new RangeError('An archive of this kind holds at most 65,535 files.');
      const encoded = encoder.encode(name);
      const crc = crc32(content);
      const common = (view: DataView, at: number) => {
        view.setUint16(at, 20, true);
        view.setUint16(at + 2, UTF8_FLAG, true);
        view.setUint16(at + 4, STORED, true);
        view.setUint16(at + 8, NO_DATE, true);
        view.setUint32(at + 10, crc, true);
        view.setUint32(at + 14, content.length, true);
        view.setUint32(at + 18, content.length, true);
        view.setUint16(at + 22, encoded.length, true);
      };
      const local = header(30, (view) => {
        view.setUint32(0, LOCAL, true);
        common(view, 4);
      });
      const central = header(46, (view) => {
        view.setUint32(0, CENTRAL, true);
        view.setUint16(4, 20, true);
        common(view, 6);
        view.setUint32(42, offset, true);
      });
      directory.push(joined(central, encoded));
      const written = joined(local, encoded, content);
      offset += written.length;
      if (offset > 0xffffffff) throw new RangeError('An archive of this kind holds at most 4 GB.');
      return written;
    },
    end() {
      const list = joined(...directory);
      const last = header(22, (view) => {
        view.setUint32(0, END, true);
        view.setUint16(8, directory.length, true);
        view.setUint16(10, directory.length, true);
        view.setUint32(12, list.length, true);
        view.setUint32(16, offset, true);
      });
      return joined(list, last);
    },
  };
}

export interface ZipLimits {
  readonly entries: number;
  /** Bytes of one file, and of all together, unpacked. */
  readonly entry_bytes: number;
  readonly total_bytes: number;
}
export const ZIP_LIMITS: ZipLimits = { entries: 20_000, entry_bytes: 50 * 1024 * 1024, total_bytes: 500 * 1024 * 1024 };
/** Unpacked bytes for each packed one: text reaches 20, a bomb thousands. */
const MOST_RATIO = 200;
const SMALL = 1024 * 1024;

/** The archive is damaged, or more than may be unpacked. */
export class ZipProblem extends Error {}

export interface ZipEntry {
  /** With `/`; never absolute, never with `..`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** @param max bytes to produce at most; more is an error */
export type Inflate = (packed: Uint8Array, max: number) => Uint8Array;

/** @returns null for folders; @throws ZipProblem for a name that leads out of the archive */
function safeName(name: string): string | null {
  const path = name.replaceAll('\\', '/');
  if (path.startsWith('/') || /^[a-z]:/i.test(path) || path.split('/').includes('..') || path.includes('\0'))
    throw new ZipProblem(`The archive holds a file whose name leads out of it: ${JSON.stringify(name.slice(0, 100))}.`);
  return path.endsWith('/') ? null : path;
}

/** One file after the other; nothing is unpacked before it is asked for. @throws ZipProblem */
export function* zipEntries(bytes: Uint8Array, inflate: Inflate, limits: ZipLimits = ZIP_LIMITS): Generator<ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const damaged = (): never => {
    throw new ZipProblem('The archive is damaged.');
  };
  let end = bytes.length - 22;
  while (end >= 0 && end > bytes.length - 22 - 0xffff && view.getUint32(end, true) !== END) end--;
  if (end < 0 || view.getUint32(end, true) !== END) damaged();
  const count = view.getUint16(end + 10, true);
  if (count > limits.entries)
    throw new ZipProblem(`The archive holds ${count} files; at most ${limits.entries} are read.`);
  let at = view.getUint32(end + 16, true);
  let total = 0;
  const decoder = new TextDecoder('utf-8');
  for (let n = 0; n < count; n++) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL) damaged();
    const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
    const packed = view.getUint32(at + 20, true);
    const size = view.getUint32(at + 24, true);
    const [nameSize, extra, comment] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [
      number,
      number,
      number,
    ];
    const local = view.getUint32(at + 42, true);
    const name = safeName(decoder.decode(bytes.subarray(at + 46, at + 46 + nameSize)));
    at += 46 + nameSize + extra + comment;
    if (name === null) continue;
    if (flags & 1) throw new ZipProblem(`${name} is encrypted; unpack the archive first.`);
    if (size > limits.entry_bytes || (size > SMALL && size > packed * MOST_RATIO))
      throw new ZipProblem(`${name} would be ${size} bytes unpacked, which is more than is read.`);
    total += size;
    if (total > limits.total_bytes)
      throw new ZipProblem(`The archive is more than ${limits.total_bytes} bytes unpacked.`);
    if (local + 30 > bytes.length || view.getUint32(local, true) !== LOCAL) damaged();
    const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    if (from + packed > bytes.length) damaged();
    const data = bytes.subarray(from, from + packed);
    if (method !== STORED && method !== DEFLATED)
      throw new ZipProblem(`${name} is packed in a way that is not read here (method ${method}).`);
    let unpacked = data;
    if (method === DEFLATED) {
      try {
        unpacked = inflate(data, size);
      } catch {
        throw new ZipProblem(`${name} in the archive is damaged, or larger than the archive says.`);
      }
    }
    if (unpacked.length !== size || crc32(unpacked) !== view.getUint32(at - comment - extra - nameSize - 46 + 16, true))
      throw new ZipProblem(`${name} in the archive is damaged.`);
    yield { name, bytes: unpacked };
  }
}
