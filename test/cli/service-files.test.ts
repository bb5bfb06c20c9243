// What a service runs and how each system is told of it. The files of macOS and Windows can only be read here, not tried.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Machine } from '../../src/entry/cli/machine.ts';
import { launchAgent } from '../../src/entry/cli/service/launchd.ts';
import {
  planService,
  readVariables,
  type ServicePlan,
  servicePaths,
  unseenVariables,
} from '../../src/entry/cli/service/plan.ts';
import { systemdUnit } from '../../src/entry/cli/service/systemd.ts';
import { scheduledTask, utf16 } from '../../src/entry/cli/service/windows.ts';
import { backupPath, isUntouched } from '../../src/entry/cli/service/written.ts';
import { thisHost } from '../../src/platform/host.ts';
import { programOf } from '../../src/platform/native/program.ts';
import { tempDir } from '../support/app.ts';

interface Given {
  platform?: string;
  argv?: readonly string[];
  env?: Record<string, string>;
  cwd?: string;
  home?: string;
  program?: readonly string[];
  files?: Record<string, string>;
}

const machineOf = ({ platform = 'linux', argv = [], env = {}, files = {}, ...rest }: Given): Machine =>
  ({
    ...{ argv: ['service', 'install', ...argv], env, cwd: rest.cwd ?? '/work', home: rest.home ?? '/home/ann' },
    host: { ...thisHost(), platform, program: rest.program ?? ['/home/ann/.local/bin/engram'] },
    readFile: (path: string) => files[path] ?? null,
  }) as unknown as Machine;

const planOf = (given: Given = {}): ServicePlan => planService(machineOf(given));

describe('the plan of a service', () => {
  it('starts the program in a folder of its own, where ./data means the data of the service', () => {
    expect(planOf()).toEqual({
      file: '/home/ann/.config/systemd/user/engram.service',
      folder: '/home/ann/.local/share/engram',
      env_file: '/home/ann/.config/engram/engram.env',
      log_file: null,
      command: ['/home/ann/.local/bin/engram', 'serve'],
      writes: ['/home/ann/.local/share/engram/data'],
      data_dir: '/home/ann/.local/share/engram/data',
      address: 'http://127.0.0.1:4200',
    });
  });

  it('keeps the flags it is installed with, their paths as they are meant where they are written', () => {
    const { command, data_dir, address } = planOf({
      argv: ['--port', '4300', '--data-dir=mem', '--no-reranker', '--models-dir', 'm', '--db-key-file', '~/key'],
    });
    expect(command.slice(2)).toEqual([
      '--port=4300',
      '--data-dir=/work/mem',
      '--reranker=false',
      '--models-dir=m',
      '--db-key-file=~/key',
    ]);
    expect({ data_dir, address }).toEqual({ data_dir: '/work/mem', address: 'http://127.0.0.1:4300' });
  });

  it('sees the settings the service will see: its file of variables and the usual file, not this shell', () => {
    const plan = planOf({
      env: { ENGRAM_PORT: '1', ENGRAM_DATA_DIR: '/elsewhere' },
      files: {
        '/home/ann/.config/engram/engram.env': '# port\nENGRAM_PORT="4500"\n',
        '/home/ann/.config/engram/config.toml': 'host = "0.0.0.0"\n[backup]\ndir = "/mnt/backups"\n',
        '/work/engram.toml': 'port = 9',
      },
    });
    expect(plan.address).toBe('http://127.0.0.1:4500');
    expect(plan.writes).toEqual(['/home/ann/.local/share/engram/data', '/mnt/backups']);
  });

  it('names what this shell has set in vain', () => {
    const machine = machineOf({
      env: {
        ENGRAM_PORT: '1',
        ENGRAM_DB_KEY: 'ab'.repeat(32),
        ENGRAM_API_KEY: 'x',
        ENGRAM_URL: 'http://x',
        PATH: '/bin',
      },
      files: { '/home/ann/.config/engram/engram.env': `ENGRAM_DB_KEY=${'ab'.repeat(32)}` },
    });
    expect(unseenVariables(machine)).toEqual(['ENGRAM_PORT']);
  });

  it('refuses settings with which no server could start', () => {
    expect(() => planOf({ argv: ['--port', 'many'] })).toThrow('whole number');
    expect(() => planOf({ argv: ['--port', '0'] })).toThrow('A service needs a port that stays the same');
    expect(() => planOf({ files: { '/home/ann/.config/engram/engram.env': 'ENGRAM_PROT=1' } })).toThrow('ENGRAM_PROT');
  });

  it('follows the folders of the system', () => {
    const moved = planOf({ env: { XDG_CONFIG_HOME: '/conf', XDG_DATA_HOME: '/share' } });
    expect([moved.file, moved.folder]).toEqual(['/conf/systemd/user/engram.service', '/share/engram']);
    const mac = planOf({ platform: 'darwin', home: '/Users/ann' });
    expect(mac.file).toBe('/Users/ann/Library/LaunchAgents/engram.plist');
    expect(mac.log_file).toBe('/Users/ann/Library/Logs/engram.log');
    const windows = servicePaths(machineOf({ platform: 'win32', home: 'C:\\Users\\ann' }));
    expect(windows.file).toBe('C:\\Users\\ann\\AppData\\Local\\Engram\\service.xml');
    expect(windows.env_file).toBeNull();
  });

  it('reads variables as they are written', () => {
    expect(readVariables(`# A=1\nB=2\n C='a b' \nD="x"\nnot one\nE=a=b\nF=\n`)).toEqual({
      ...{ B: '2', C: 'a b', D: 'x', E: 'a=b', F: '' },
    });
  });

  it('knows what starts it again', () => {
    expect(programOf('/opt/engram', ['/opt/engram', '/$bunfs/root/engram', 'serve'])).toEqual(['/opt/engram']);
    expect(programOf('C:\\engram.exe', ['C:\\engram.exe', 'B:\\~BUN\\root\\engram.exe'])).toEqual(['C:\\engram.exe']);
    expect(programOf('/bun', ['/bun', '/src/main.ts', 'serve'])).toEqual(['/bun', '--no-env-file', '/src/main.ts']);
  });
});

describe('a file that is written', () => {
  const unit = systemdUnit(planOf(), true);

  it('knows itself, and knows when somebody changed it', () => {
    for (const text of [unit, launchAgent(planOf()), scheduledTask(planOf())]) {
      expect(isUntouched(text)).toBe(true);
      expect(isUntouched(`${text}\n`)).toBe(false);
      expect(isUntouched(text.replace('engram', 'Engram'))).toBe(false);
    }
    expect(isUntouched('[Unit]\n')).toBe(false);
  });

  it('is kept under a name that is free', () => {
    const taken = new Set(['/a.bak', '/a.bak2']);
    expect(backupPath('/a', () => false)).toBe('/a.bak');
    expect(backupPath('/a', (path) => taken.has(path))).toBe('/a.bak3');
  });
});

/** What systemd itself thinks of a unit; null where it is not installed. */
function verify(text: string): { status: number | null; said: string } | null {
  const dir = tempDir();
  writeFileSync(join(dir, 'engram.service'), text);
  const { error, status, stderr } = spawnSync('systemd-analyze', ['--user', 'verify', join(dir, 'engram.service')], {
    env: { ...process.env, XDG_RUNTIME_DIR: dir },
    encoding: 'utf8',
  });
  return error ? null : { status, said: stderr };
}

describe('the unit of systemd', () => {
  it('hardens the service, and leaves out what needs namespaces where there are none', () => {
    const [full, plain] = [systemdUnit(planOf(), true), systemdUnit(planOf(), false)];
    for (const line of ['NoNewPrivileges=yes', 'Restart=on-failure', 'UMask=0077']) {
      expect(full).toContain(`\n${line}\n`);
      expect(plain).toContain(`\n${line}\n`);
    }
    expect(full).toContain('\nProtectSystem=strict\n');
    expect(full).toContain('\nReadWritePaths="-/home/ann/.local/share/engram/data"\n');
    expect(plain).not.toMatch(/Private|ProtectSystem|ReadWritePaths/);
  });

  it('quotes what a path may hold', () => {
    const plan = planOf({ program: ['/opt/a b/50%$HOME"engram'], argv: ['--data-dir', '/d\\x'] });
    expect(systemdUnit(plan, true)).toContain(
      '\nExecStart=":/opt/a b/50%%$HOME\\"engram" "serve" "--data-dir=/d\\\\x"\n',
    );
  });

  it('is what systemd accepts', (context) => {
    const plan = planOf({ program: [existsSync('/bin/true') ? '/bin/true' : '/usr/bin/true'] });
    const verdict = verify(systemdUnit(plan, true));
    if (verdict === null) return context.skip('systemd-analyze is not installed');
    expect(verdict).toEqual({ status: 0, said: '' });
    expect(verify(systemdUnit(plan, true).replace('Type=exec', 'Typ=exec'))?.said).toContain('Typ');
  });
});

describe('the launch agent of macOS', () => {
  it('reads the file of variables before it becomes the server', () => {
    const dir = tempDir();
    const env_file = join(dir, 'engram.env');
    const plan = { ...planOf({ platform: 'darwin' }), env_file, command: ['/usr/bin/env', 'A&B="<x>"'] };
    const text = launchAgent(plan);
    const array = /<array>(.*?)<\/array>/s.exec(text)![1]!;
    const words = [...array.matchAll(/<string>(.*?)<\/string>/gs)].map(([, word]) =>
      word!.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
    );
    const run = () => spawnSync(words[0]!, words.slice(1), { env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8' }).stdout;
    expect(run()).toContain('A&B="<x>"\n');
    writeFileSync(env_file, '# a comment\nENGRAM_PORT="4300"\n');
    expect(run()).toContain('ENGRAM_PORT=4300\n');
  });

  it('ends no comment early', () => {
    const text = launchAgent({ ...planOf({ platform: 'darwin' }), address: 'http://my--host.example:4200' });
    for (const [, comment] of text.matchAll(/<!--(.*?)-->/gs)) expect(comment).not.toContain('--');
    const address = /engram-address: (\S+)/.exec(text)![1]!;
    expect(new URL(address).host).toBe('my--host.example:4200');
  });
});

describe('the task of Windows', () => {
  it('runs without a window and writes what it says to a file', () => {
    const text = scheduledTask({
      ...planOf(),
      command: ['C:\\Program Files\\engram.exe', 'serve', '--data-dir=D:\\mem\\'],
      log_file: 'C:\\Users\\ann\\service.log',
    });
    expect(text).toContain('<Command>conhost.exe</Command>');
    expect(text.replaceAll('&quot;', '"').replaceAll('&gt;', '>').replaceAll('&amp;', '&')).toContain(
      '<Arguments>--headless cmd.exe /d /s /c ""C:\\Program Files\\engram.exe" "serve" "--data-dir=D:\\mem\\\\" >> "C:\\Users\\ann\\service.log" 2>&1"</Arguments>',
    );
    expect([...utf16('a\n')]).toEqual([0xff, 0xfe, 0x61, 0, 0x0d, 0, 0x0a, 0]);
  });
});
