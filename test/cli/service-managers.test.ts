// What is asked of launchd and of the task scheduler, which are not here, and how programs are run and waited for, which is.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { launchdManager } from '../../src/entry/cli/service/launchd-manager.ts';
import { showLog } from '../../src/entry/cli/service/log-file.ts';
import type { ServicePaths, ServicePlan } from '../../src/entry/cli/service/plan.ts';
import { windowsManager } from '../../src/entry/cli/service/windows-manager.ts';
import { type Host, type Ran, thisHost } from '../../src/platform/host.ts';
import { tempDir } from '../support/app.ts';

const paths = (dir: string): ServicePaths => ({
  file: join(dir, 'service.file'),
  folder: dir,
  env_file: join(dir, 'engram.env'),
  log_file: join(dir, 'service.log'),
});
const planIn = (dir: string): ServicePlan => ({
  ...{ ...paths(dir), command: ['/engram', 'serve'], writes: [], data_dir: dir, address: 'http://127.0.0.1:4200' },
});

/** A system whose programs answer as the test says; everything else is that of this machine. */
function system(answer: (line: string) => Partial<Ran>): { host: Host; asked: string[] } {
  const asked: string[] = [];
  const runProgram = async (command: string, args: readonly string[]): Promise<Ran> => {
    const line = [command, ...args].join(' ');
    asked.push(line);
    return { code: 0, out: '', err: '', missing: false, late: false, ...answer(line) };
  };
  return { host: { ...thisHost(), user_id: 501, runProgram }, asked };
}

describe('launchd', () => {
  const at = 'gui/501/engram';

  it('takes a running agent out before it brings the new one in', async () => {
    const dir = tempDir();
    let loaded = false;
    const { host, asked } = system((line) => ({ code: line === `launchctl print ${at}` && !loaded ? 113 : 0 }));
    const manager = launchdManager(host, paths(dir), () => null);
    await manager.check();
    await manager.start(planIn(dir), '');
    loaded = true;
    await manager.start(planIn(dir), '');
    const bringIn = [`launchctl enable ${at}`, `launchctl bootstrap gui/501 ${join(dir, 'service.file')}`];
    expect(asked.filter((line) => !line.includes(' print '))).toEqual([
      ...bringIn,
      `launchctl bootout ${at}`,
      ...bringIn,
    ]);
  });

  it('reads how it is', async () => {
    let out = '\tstate = running\n\tpid = 77\n';
    const { host } = system(() => ({ out }));
    const manager = launchdManager(host, paths('/x'), () => null);
    expect(await manager.state()).toEqual({ state: 'running', pid: 77, since: null });
    out = '\tstate = spawn scheduled\n\tlast exit code = 2\n';
    expect((await manager.state()).state).toBe('failed');
    const gone = system(() => ({ code: 113 }));
    expect((await launchdManager(gone.host, paths('/x'), () => null).state()).state).toBe('stopped');
    await expect(launchdManager(gone.host, paths('/x'), () => null).check()).rejects.toThrow('log in at the screen');
  });

  it('shows the end of its log', async () => {
    const { host, asked } = system(() => ({}));
    let shown = '';
    const print = (text: string) => void (shown += text);
    const manager = launchdManager(host, paths('/x'), () => 'one\ntwo\nthree\n');
    await manager.logs({ lines: 2, follow: false, print });
    expect(shown).toBe('two\nthree\n');
    await manager.logs({ lines: 5, follow: true, print });
    expect(asked).toEqual(['tail -n 5 -F /x/service.log']);
    expect(() => showLog(null, '/x/log', 1, print)).toThrow('There is no log at /x/log yet.');
  });
});

describe('the task scheduler', () => {
  it('is given the task in its own encoding, and a running one is ended first', async () => {
    const dir = tempDir();
    let given: Buffer | null = null;
    const { host, asked } = system((line) => {
      const file = /\/XML (\S+)/.exec(line)?.[1];
      if (file !== undefined) given = readFileSync(file);
      return {};
    });
    const manager = windowsManager(host, paths(dir), () => null);
    await manager.check();
    await manager.start(planIn(dir), '<Task/>\n');
    expect(given!.toString('utf16le')).toBe('\ufeff<Task/>\r\n');
    expect(readdirSync(dir)).toEqual([]);
    expect(asked.slice(1)).toEqual([
      'schtasks.exe /Query /TN Engram',
      'schtasks.exe /End /TN Engram',
      `schtasks.exe /Create /TN Engram /XML ${join(dir, 'service.file.utf16')} /F`,
      'schtasks.exe /Run /TN Engram',
    ]);
  });

  it('forgets it, says how it is, and refuses to follow a file', async () => {
    const { host, asked } = system((line) => ({ out: line.startsWith('powershell') ? 'Running\r\n' : '' }));
    const manager = windowsManager(host, paths('/x'), () => 'said\r\n');
    expect((await manager.state()).state).toBe('running');
    let removed = false;
    await manager.stop(() => {
      removed = true;
    });
    expect(removed).toBe(true);
    expect(asked.at(-1)).toBe('schtasks.exe /Delete /TN Engram /F');
    const print = () => {};
    await expect(manager.logs({ lines: 1, follow: true, print })).rejects.toThrow('Get-Content -Wait');
    const without = system(() => ({ code: null, missing: true }));
    await expect(windowsManager(without.host, paths('/x'), () => null).check()).rejects.toThrow('no schtasks.exe');
  });
});

describe('this machine', () => {
  const host = thisHost();

  it('runs a program to its end, and says when there is none or when it took too long', async () => {
    expect(await host.runProgram('sh', ['-c', 'echo a; echo b >&2; exit 3'], { timeout_ms: 10_000 })).toEqual({
      ...{ code: 3, out: 'a\n', err: 'b\n', missing: false, late: false },
    });
    expect(await host.runProgram('no-such-program', [], { timeout_ms: 10_000 })).toMatchObject({
      ...{ code: null, missing: true },
    });
    expect(await host.runProgram('sleep', ['60'], { timeout_ms: 50 })).toMatchObject({ code: null, late: true });
    let seen = '';
    const ran = await host.runProgram('echo', ['as it comes'], {
      timeout_ms: null,
      onOutput: (text) => (seen += text),
    });
    expect([seen, ran.out]).toEqual(['as it comes\n', '']);
  });

  it('writes a file whole, for whom it is meant, and leaves nothing beside it', () => {
    const dir = tempDir();
    const file = join(dir, 'a/b/file');
    host.writeFile(file, 'one', 0o600);
    host.writeFile(file, 'two', 0o644);
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(dir, 'a/b'))).toEqual(['file']);
    expect(() => host.writeFile(join(file, 'below'), 'x', 0o600)).toThrow();
    host.remove(file);
    host.remove(file);
    expect(existsSync(file)).toBe(false);
  });
});
