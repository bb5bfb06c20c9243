// scripts/install.sh under a real sh, with a server on this machine and a small program in place of the large one.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileName, TARGETS } from '../../scripts/build/targets.ts';
import { tempDir } from '../support/app.ts';

const SCRIPT = join(import.meta.dirname, '../../scripts/install.sh');
const LINKS = ['engram-cli', 'engram-mcp', 'engram-server'];

const program = (version: string): string => `#!/bin/sh\necho "engram ${version}"\n`;
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What the server has under each path; a number breaks off after so many bytes of the file. */
type Shelf = Record<string, string | { text: string; cut: number }>;
let server: Server;
let base = '';
let asked: string[] = [];
const shelf: Shelf = {};

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url!);
    const found = shelf[request.url!.slice(1)];
    if (found === undefined) return void response.writeHead(404).end();
    const { text, cut } = typeof found === 'string' ? { text: found, cut: found.length } : found;
    response.writeHead(200, { 'content-length': text.length });
    if (cut === text.length) return void response.end(text);
    response.write(text.slice(0, cut), () => request.socket.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** A release in a folder of the server. */
function release(name: string, files: Record<string, string>, sums: Record<string, string> = {}): string {
  for (const [file, text] of Object.entries(files)) shelf[`${name}/${file}`] = text;
  const lines = Object.entries(files).map(([file, text]) => `${sums[file] ?? sumOf(text)}  ${file}\n`);
  shelf[`${name}/SHA256SUMS`] = lines.join('');
  return `${base}/${name}`;
}

interface Run {
  home?: string;
  url?: string;
  /** Programs found before those of the system: what they print. */
  fakes?: Record<string, string>;
  /** The only programs of the system there are; without it all. */
  only?: readonly string[];
}

const HERE = spawnSync('uname', ['-m'], { encoding: 'utf8' }).stdout.trim() === 'x86_64' ? 'linux-x64' : 'linux-arm64';
/** So that the tests hold on any machine. */
const LINUX = {
  uname: `case "$1" in -s) echo Linux ;; *) echo ${HERE === 'linux-x64' ? 'x86_64' : 'aarch64'} ;; esac`,
};
const NEEDED = ['awk', 'cat', 'chmod', 'cut', 'ln', 'ls', 'mkdir', 'mktemp', 'mv', 'readlink', 'rm', 'sha256sum', 'sh'];

const systemProgram = (name: string): string =>
  spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
const has = (name: string): boolean => systemProgram(name) !== '';

async function install(args: readonly string[], { home = tempDir(), url, fakes = {}, only }: Run = {}) {
  const bin = join(tempDir(), 'bin');
  mkdirSync(bin);
  for (const [name, text] of Object.entries({ ...LINUX, ...fakes })) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  for (const name of only ?? []) symlinkSync(systemProgram(name), join(bin, name));
  const PATH = only ? bin : [bin, process.env.PATH].join(delimiter);
  const env = { HOME: home, PATH, ...(url !== undefined && { ENGRAM_DOWNLOAD_URL: url }) };
  const child = spawn('/bin/sh', [SCRIPT, ...args], { env, cwd: home });
  const seen = { out: '', err: '' };
  child.stdout.on('data', (text) => (seen.out += text));
  child.stderr.on('data', (text) => (seen.err += text));
  const [code] = await once(child, 'close');
  const to = join(home, '.local/bin');
  return { code: code as number, ...seen, home, to, left: existsSync(to) ? readdirSync(to).sort() : [] };
}

const FILE = `engram-${HERE}`;

describe('install.sh', () => {
  it('puts the program and its other names into place', async () => {
    const url = release('good', { [FILE]: program('9.9.9'), other: 'x' });
    const { code, out, err, to, left } = await install([], { url });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Installed engram 9.9.9 as ${to}/engram\n`);
    expect(out).toContain(`${to} is not on your PATH`);
    expect(out).toContain('engram service install');
    expect(left).toEqual(['engram', ...LINKS]);
    for (const link of LINKS) expect(readlinkSync(join(to, link))).toBe('engram');
    expect(spawnSync(join(to, 'engram-cli'), { encoding: 'utf8' }).stdout).toBe('engram 9.9.9\n');
  });

  it('brings it up to date, and can be run again', async () => {
    const first = await install([], { url: release('one', { [FILE]: program('1.0.0') }) });
    const url = release('two', { [FILE]: program('2.0.0') });
    for (const home of [first.home, first.home]) {
      const { code, out, left } = await install([], { home, url: `${url}/` });
      expect(code).toBe(0);
      expect(out).toContain('Installed engram 2.0.0');
      expect(left).toEqual(['engram', ...LINKS]);
    }
  });

  it('refuses a program that is not what the checksum says, and leaves the old one alone', async () => {
    const { home } = await install([], { url: release('old', { [FILE]: program('1.0.0') }) });
    const url = release('bad', { [FILE]: program('6.6.6') }, { [FILE]: sumOf('something else') });
    const { code, err, to, left } = await install([], { home, url });
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`^Error: ${FILE} is not what SHA256SUMS says .* Nothing was installed\\.`));
    expect(readFileSync(join(to, 'engram'), 'utf8')).toBe(program('1.0.0'));
    expect(left).toEqual(['engram', ...LINKS]);
  });

  it('refuses a download that broke off', async () => {
    const text = program('3.0.0').padEnd(100_000, '#');
    const url = release('cut', { [FILE]: text });
    shelf[`cut/${FILE}`] = { text, cut: 50_000 };
    for (const only of [undefined, [...NEEDED, 'wget']]) {
      if (only && !has('wget')) continue;
      const { code, err, left } = await install([], { url, ...(only && { only }) });
      expect(code).toBe(1);
      expect(err).toContain(`Error: ${url}/${FILE} could not be fetched.\n`);
      expect(left).toEqual([]);
    }
  });

  it('refuses what does not run here', async () => {
    const url = release('broken', { [FILE]: '#!/bin/sh\nexit 7\n' });
    const { code, err, left } = await install([], { url });
    expect(code).toBe(1);
    expect(err).toContain('does not run on this machine. Nothing was installed.');
    expect(left).toEqual([]);
  });

  it.skipIf(!has('wget'))('does with wget where there is no curl, and says when there is neither', async () => {
    const url = release('wget', { [FILE]: program('1.2.3') });
    expect(await install([], { url, only: [...NEEDED, 'wget'] })).toMatchObject({ code: 0, err: '' });
    const { code, err } = await install([], { url, only: NEEDED });
    expect({ code, err }).toEqual({
      code: 1,
      err: 'Error: Neither curl nor wget is installed, and one of them is needed.\n',
    });
  });

  it('computes the checksum with whatever there is', async () => {
    const url = release('sums', { [FILE]: program('1.2.3') });
    const without = NEEDED.filter((name) => name !== 'sha256sum');
    for (const tool of ['shasum', 'openssl'].filter(has)) {
      // shasum is a Perl script.
      const only = [...without, 'curl', tool, ...(tool === 'shasum' ? ['perl'] : [])];
      expect(await install([], { url, only })).toMatchObject({ code: 0 });
    }
    const { code, err, left } = await install([], { url, only: [...without, 'curl'] });
    expect({ code, left }).toEqual({ code: 1, left: [] });
    expect(err).toContain('Nothing here computes SHA-256');
  });

  it('takes a folder in place of an address, for machines without a network', async () => {
    const folder = tempDir();
    writeFileSync(join(folder, FILE), program('4.0.0'));
    writeFileSync(join(folder, 'SHA256SUMS'), `${sumOf(program('4.0.0'))} *${FILE}\n`);
    expect(await install([], { url: folder })).toMatchObject({ code: 0, err: '' });
    expect((await install([], { url: join(folder, 'none') })).err).toContain('SHA256SUMS cannot be read.');
  });

  it('goes where it is told to, and takes the smaller file when asked', async () => {
    const url = release('lite', { [`${FILE}-lite`]: program('5.0.0') });
    const { home, out, left } = await install(['--lite', '--to', 'my programs'], { url });
    expect(out).toContain(`Installed engram 5.0.0 as ${home}/my programs/engram\n`);
    expect(left).toEqual([]);
    expect((await install([], { url })).err).toContain(`This release has no ${FILE}: its SHA256SUMS does not name it.`);
  });

  it('leaves alone what has one of its names and is not its own', async () => {
    const home = tempDir();
    mkdirSync(join(home, '.local/bin'), { recursive: true });
    writeFileSync(join(home, '.local/bin/engram-cli'), 'mine');
    const url = release('mine', { [FILE]: program('1.0.0') });
    const { out, to } = await install([], { home, url });
    expect(out).toContain(`${to}/engram-cli is something else and stays as it is.\n`);
    await install(['--uninstall'], { home });
    expect(readdirSync(to)).toEqual(['engram-cli']);
    expect(lstatSync(join(to, 'engram-cli')).isFile()).toBe(true);
  });

  it('takes everything away again, the service first', async () => {
    const text = `#!/bin/sh\n[ "$1" != service ] || { echo "$*" > "$HOME/told"; [ ! -e "$HOME/refuse" ]; exit $?; }\necho engram 1\n`;
    const { home, to } = await install([], { url: release('whole', { [FILE]: text }) });
    const unit = join(home, '.config/systemd/user/engram.service');
    mkdirSync(join(unit, '..'), { recursive: true });
    writeFileSync(unit, '');
    writeFileSync(join(home, 'refuse'), '');
    expect((await install(['--uninstall'], { home })).err).toContain('The service has to go first');
    expect(existsSync(join(to, 'engram'))).toBe(true);
    writeFileSync(join(home, 'told'), '');
    spawnSync('rm', [join(home, 'refuse')]);
    const { code, out, left } = await install(['--uninstall'], { home });
    expect({ code, left }).toEqual({ code: 0, left: [] });
    expect(out).toContain('Memories and settings stay where they are.');
    expect(readFileSync(join(home, 'told'), 'utf8')).toBe('service uninstall\n');
    expect((await install(['--uninstall'], { home })).out).toContain('nothing to do');
  });

  it.each([
    [undefined, 'Set ENGRAM_DOWNLOAD_URL to the address of a release'],
    ['', 'Set ENGRAM_DOWNLOAD_URL'],
    ['http://example.com/engram', 'is not encrypted'],
    ['http://127.0.0.1.example.com/engram', 'is not encrypted'],
    ['ftp://example.com', 'must be an https:// address'],
    ['relative/folder', 'must be an https:// address or the full path of a folder'],
  ])('fetches nothing from %j', async (url, sentence) => {
    asked = [];
    const { code, err, left } = await install([], url === undefined ? {} : { url });
    expect({ code, left, asked }).toEqual({ code: 1, left: [], asked: [] });
    expect(err).toContain(sentence);
  });

  const uname = (system: string, machine: string) => ({
    uname: `case "$1" in -s) echo ${system} ;; *) echo ${machine} ;; esac`,
  });
  it.each([
    ['Darwin', 'arm64', 'engram-darwin-arm64'],
    ['Linux', 'aarch64', 'engram-linux-arm64'],
    ['Linux', 'amd64', 'engram-linux-x64'],
  ])('asks for a file that is built: %s %s', async (system, machine, file) => {
    const { err } = await install([], { url: release('none', { other: 'x' }), fakes: uname(system, machine) });
    expect(err).toContain(`This release has no ${file}: its SHA256SUMS does not name it.`);
    expect(TARGETS.map((target) => fileName(target, false))).toContain(file);
  });

  it('knows a shell that only pretends to be an older Mac', async () => {
    const url = release('rosetta', { other: 'x' });
    const fakes = uname('Darwin', 'x86_64');
    expect((await install([], { url, fakes: { ...fakes, sysctl: 'echo 1' } })).err).toContain('engram-darwin-arm64');
    expect((await install([], { url, fakes: { ...fakes, sysctl: 'echo 0' } })).err).toContain('Apple silicon only');
  });

  it.each([
    ['FreeBSD', 'amd64', 'Engram is not built for FreeBSD.'],
    ['Linux', 'riscv64', 'not built for processors of the kind riscv64'],
    ['MINGW64_NT-10.0', 'x86_64', 'run install.ps1 in PowerShell'],
  ])('says so where there is none: %s %s', async (system, machine, sentence) => {
    const { code, err } = await install([], { url: base, fakes: uname(system, machine) });
    expect(code).toBe(1);
    expect(err).toContain(sentence);
  });

  it('does nothing when it arrives in part', async () => {
    const whole = readFileSync(SCRIPT, 'utf8');
    const home = tempDir();
    for (const part of [0.3, 0.6, 0.9, 0.99]) {
      const text = whole.slice(0, Math.floor(whole.length * part));
      const env = {
        HOME: home,
        PATH: process.env.PATH,
        ENGRAM_DOWNLOAD_URL: release('part', { [FILE]: program('1') }),
      };
      spawnSync('/bin/sh', [], { input: text, env, cwd: home });
      expect(readdirSync(home)).toEqual([]);
    }
  });

  it('explains itself, and refuses what it does not know', async () => {
    expect(await install(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--uninstall') });
    expect(await install(['--unknown'])).toMatchObject({ code: 2, err: expect.stringContaining('--to <folder>') });
  });

  it.skipIf(!has('shellcheck'))('is a script that shellcheck finds no fault with', () => {
    expect(spawnSync('shellcheck', ['--shell=sh', SCRIPT], { encoding: 'utf8' }).stdout).toBe('');
  });
});

describe('install.ps1', () => {
  const text = readFileSync(join(import.meta.dirname, '../../scripts/install.ps1'), 'utf8');

  it('asks for files that are built', () => {
    const windows = TARGETS.find(({ platform }) => platform === 'win32')!;
    for (const lite of [false, true]) expect(text).toContain(`'${fileName(windows, lite)}'`);
  });

  it('is where a release writes its address', () => {
    expect(text).toContain(`$DownloadUrl = '@DOWNLOAD_URL@'`);
    expect(readFileSync(SCRIPT, 'utf8')).toContain(`DOWNLOAD_URL='@DOWNLOAD_URL@'`);
  });
});
