// The platforms an executable is made for, and what of each package belongs to them.

export interface Target {
  readonly name: string;
  /** What the compiler calls it. */
  readonly compile: Bun.Build.CompileTarget;
  /** As the program sees it once it runs. */
  readonly platform: 'linux' | 'darwin' | 'win32';
  readonly arch: 'x64' | 'arm64';
  /** Package with the runtime. */
  readonly runtime: string;
  /** Entry of better-sqlite3-multiple-ciphers. */
  readonly sqlite: string;
  /** Package with LanceDB's addon. */
  readonly lancedb: string;
  /** Of onnxruntime-node, the addon first; null where it has no build. */
  readonly onnxruntime: readonly string[] | null;
}

const ONNX_LINUX = ['onnxruntime_binding.node', 'libonnxruntime.so.1'];

export const TARGETS: readonly Target[] = [
  {
    ...{ name: 'linux-x64', compile: 'bun-linux-x64', platform: 'linux', arch: 'x64' },
    ...{ runtime: '@oven/bun-linux-x64', sqlite: 'linux-x64', lancedb: '@lancedb/lancedb-linux-x64-gnu' },
    onnxruntime: ONNX_LINUX,
  },
  {
    ...{ name: 'linux-arm64', compile: 'bun-linux-arm64', platform: 'linux', arch: 'arm64' },
    ...{ runtime: '@oven/bun-linux-aarch64', sqlite: 'linux-arm64', lancedb: '@lancedb/lancedb-linux-arm64-gnu' },
    onnxruntime: ONNX_LINUX,
  },
  {
    ...{ name: 'linux-x64-musl', compile: 'bun-linux-x64-musl', platform: 'linux', arch: 'x64' },
    ...{ runtime: '@oven/bun-linux-x64-musl', sqlite: 'linuxmusl-x64', lancedb: '@lancedb/lancedb-linux-x64-musl' },
    onnxruntime: null,
  },
  {
    ...{ name: 'linux-arm64-musl', compile: 'bun-linux-arm64-musl', platform: 'linux', arch: 'arm64' },
    ...{ runtime: '@oven/bun-linux-aarch64-musl', sqlite: 'linuxmusl-arm64' },
    lancedb: '@lancedb/lancedb-linux-arm64-musl',
    onnxruntime: null,
  },
  {
    ...{ name: 'darwin-arm64', compile: 'bun-darwin-arm64', platform: 'darwin', arch: 'arm64' },
    ...{ runtime: '@oven/bun-darwin-aarch64', sqlite: 'darwin-arm64', lancedb: '@lancedb/lancedb-darwin-arm64' },
    onnxruntime: ['onnxruntime_binding.node', 'libonnxruntime.1.dylib'],
  },
  {
    ...{ name: 'windows-x64', compile: 'bun-windows-x64', platform: 'win32', arch: 'x64' },
    ...{ runtime: '@oven/bun-windows-x64', sqlite: 'win32-x64', lancedb: '@lancedb/lancedb-win32-x64-msvc' },
    onnxruntime: ['onnxruntime_binding.node', 'onnxruntime.dll', 'DirectML.dll', 'dxcompiler.dll', 'dxil.dll'],
  },
];

/** Of the machine we are on; null where none is made for it. */
export function hostTarget(): Target | null {
  const libc = process.platform === 'linux' && !isGlibc() ? 'musl' : '';
  const mine = TARGETS.filter(({ platform, arch }) => platform === process.platform && arch === process.arch);
  return mine.find(({ name }) => name.endsWith('-musl') === (libc === 'musl')) ?? null;
}

const isGlibc = (): boolean =>
  Boolean((process.report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime);

/** Name of the file in `dist/`. */
export const fileName = ({ name, platform }: Target, lite: boolean): string =>
  `engram-${name}${lite ? '-lite' : ''}${platform === 'win32' ? '.exe' : ''}`;
