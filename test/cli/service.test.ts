// engram service on Linux, with programs that stand in for systemd's: they note what they are asked, and keep one state.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { tempDir } from '../support/app.ts';
import { engram, freePort, type Ran, spawnEngram, until } from '../support/cli.ts';

const SYSTEMCTL = `#!/bin/sh
echo "systemctl $*" >> "$HOME/asked"
state=$(cat "$HOME/state" 2>/dev/null || echo inactive)
case "$*" in
  *--property=Version*) [ ! -e "$HOME/no-bus" ] || { echo 'Failed to connect to bus: No medium found' >&2; exit 1; } ;;
  *--property=ActiveState*) echo "MainPID=0"; echo "ActiveState=$state"; echo "ActiveEnterTimestamp=Sat 2026-03-07" ;;
  *restart*) [ ! -e "$HOME/refuse" ] || { echo 'Job for engram.service failed.' >&2; exit 1; }
    cat "$HOME/after-start" > "$HOME/state" ;;
  *disable*) echo inactive > "$HOME/state" ;;
esac
`;
const SYSTEMD_RUN = `#!/bin/sh
echo "systemd-run $*" >> "$HOME/asked"
test ! -e "$HOME/no-namespaces"
`;
const JOURNALCTL = `#!/bin/sh
echo "journalctl $*" >> "$HOME/asked"
echo 'Engram listens'
`;

interface World {
  home: string;
  unit: string;
  port: number;
  /** Runs the command with the programs on its path. */
  run(args: readonly string[], env?: Record<string, string>): Promise<Ran>;
  /** What systemd's programs were asked since the last look. */
  asked(): string[];
  say(file: string, text?: string): void;
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** @param programs false = a system without systemd */
async function world({ programs = true, answering = true } = {}): Promise<World> {
  const home = tempDir();
  const bin = join(home, 'bin');
  mkdirSync(bin);
  for (const [name, text] of Object.entries({
    systemctl: SYSTEMCTL,
    'systemd-run': SYSTEMD_RUN,
    journalctl: JOURNALCTL,
  })) {
    if (!programs) continue;
    writeFileSync(join(bin, name), text);
    chmodSync(join(bin, name), 0o755);
  }
  const say = (file: string, text = '') => writeFileSync(join(home, file), text);
  say('after-start', 'active');
  const port = await freePort();
  // Stands for the service: it answers while its state says that it runs.
  const server = createServer((request, response) => {
    const state = existsSync(join(home, 'state')) ? readFileSync(join(home, 'state'), 'utf8').trim() : '';
    if (state !== 'active') return void request.socket.destroy();
    response.end(JSON.stringify({ status: 'ok', service: 'engram', version: '0' }));
  });
  if (answering) await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  closing.push(() => server.close());
  return {
    home,
    port,
    say,
    unit: join(home, '.config/systemd/user/engram.service'),
    run: (args, env = {}) =>
      engram(['service', ...args], {
        cwd: home,
        env: { PATH: programs ? `${bin}${delimiter}/usr/bin:/bin` : bin, ...env },
      }),
    asked() {
      const file = join(home, 'asked');
      const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
      writeFileSync(file, '');
      return lines.filter((line) => line !== '' && !line.includes(' show '));
    },
  };
}

describe('engram service install', () => {
  it('writes the unit, starts it and waits until it answers', async () => {
    const { run, port, unit, home, asked } = await world();
    const { code, out, err } = await run(['install', '--port', String(port)], { ENGRAM_LOG_LEVEL: 'debug' });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`The service answers at http://127.0.0.1:${port}.\n`);
    expect(out).toContain('does not see ENGRAM_LOG_LEVEL of this shell');
    expect(out).toContain('loginctl enable-linger');
    expect(asked()).toEqual([
      expect.stringMatching(/^systemd-run --user .*--property=ProtectSystem=strict.* true$/),
      'systemctl --user daemon-reload',
      'systemctl --user enable engram.service',
      'systemctl --user reset-failed engram.service',
      'systemctl --user restart engram.service',
    ]);
    expect(readFileSync(unit, 'utf8')).toContain(`"--port=${port}"`);
    expect(statSync(join(home, '.config/engram/engram.env')).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, '.local/share/engram/data')).mode & 0o777).toBe(0o700);
  });

  it('changes nothing the second time, and keeps what a person changed', async () => {
    const { run, port, unit, home } = await world();
    const install = (...more: string[]) => run(['install', '--json', '--port', String(port), ...more]);
    expect(JSON.parse((await install()).out)).toMatchObject({ changed: true, backup: null });
    const env = join(home, '.config/engram/engram.env');
    writeFileSync(env, 'ENGRAM_LOG_FORMAT=json\n');
    const written = readFileSync(unit, 'utf8');
    expect(JSON.parse((await install()).out)).toMatchObject({ changed: false, backup: null });
    expect(readFileSync(unit, 'utf8')).toBe(written);

    // Written by the program with other settings: nothing of a person's is lost.
    expect(JSON.parse((await install('--log-level', 'warn')).out)).toMatchObject({ changed: true, backup: null });

    const mine = `${written}Nice=5\n`;
    writeFileSync(unit, mine);
    expect(JSON.parse((await install()).out)).toMatchObject({ changed: true, backup: `${unit}.bak` });
    expect(readFileSync(`${unit}.bak`, 'utf8')).toBe(mine);
    expect(readFileSync(unit, 'utf8')).toBe(written);
    expect(readFileSync(env, 'utf8')).toBe('ENGRAM_LOG_FORMAT=json\n');
    writeFileSync(unit, mine);
    expect((await run(['install', '--port', String(port)])).out).toContain(
      `${unit} had been changed by hand; what it was is in ${unit}.bak2.\n`,
    );
  });

  it('does without namespaces where the system gives none, and says so', async () => {
    const { run, port, unit, say } = await world();
    say('no-namespaces');
    expect((await run(['install', '--port', String(port)])).out).toContain('gives ordinary users no namespaces');
    expect(readFileSync(unit, 'utf8')).not.toContain('ProtectSystem');
  });

  it('with --print shows the unit and does nothing', async () => {
    const { run, home } = await world({ programs: false });
    const { code, out } = await run(['install', '--print', '--port', '4300']);
    expect(code).toBe(0);
    expect(out).toContain('[Service]\n');
    expect(readdirSync(home)).not.toContain('.config');
    expect(readdirSync(home)).not.toContain('.local');
  });

  it('prints a unit whose command starts a server in its folder', async () => {
    const { run, port, home } = await world({ programs: false, answering: false });
    const { out } = await run(['install', '--print', '--port', String(port), '--embedding-model', 'none']);
    const words = [.../^ExecStart=(.*)$/m.exec(out)![1]!.matchAll(/"(.*?)"/g)].map(([, word]) => word!);
    expect(words.slice(0, 2)).toEqual([`:${process.execPath}`, '--no-env-file']);
    const folder = /^WorkingDirectory=(.*)$/m.exec(out)![1]!;
    mkdirSync(folder, { recursive: true });
    // After the runtime, its flag and where the program begins.
    const child = spawnEngram(words.slice(3), { cwd: folder, env: { HOME: home } });
    const seen = { out: '', err: '' };
    child.stdout!.on('data', (text) => (seen.out += text));
    const line = await until(() => /listens on (\S+)/.exec(seen.out)?.[1], child, seen);
    expect(line).toBe(`http://127.0.0.1:${port}`);
    expect(existsSync(join(home, '.local/share/engram/data/engram.db'))).toBe(true);
    child.kill();
  });

  it('says what is missing where there is no systemd, and writes nothing', async () => {
    const without = await world({ programs: false });
    expect(await without.run(['install'])).toEqual({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^Error: This system has no systemctl, .*"engram serve".*"engram service install --print"/,
      ),
    });
    const inContainer = await world();
    inContainer.say('no-bus');
    const { code, err } = await inContainer.run(['install']);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^Error: systemd runs no services for this user here: .*No medium found\. In a container, .*\n$/,
    );
    expect(existsSync(inContainer.unit)).toBe(false);
  });

  it('does not start beside a server that has the address', async () => {
    const { run, port, unit, say, home } = await world();
    say('state', 'active');
    // Somebody runs the server by hand: it answers, and the service does not run.
    writeFileSync(
      join(home, 'bin/systemctl'),
      SYSTEMCTL.replace('echo "ActiveState=$state"', 'echo ActiveState=inactive'),
    );
    const { code, err } = await run(['install', '--port', String(port)]);
    expect({ code, err }).toEqual({
      code: 1,
      err: `Error: A server answers at http://127.0.0.1:${port} already. Stop it first, or give the service another --port.\n`,
    });
    expect(existsSync(unit)).toBe(false);
  });

  it('says when systemd refuses, and when the server does not come up', async () => {
    const { run, port, say } = await world();
    say('refuse');
    const refused = await run(['install', '--port', String(port)]);
    expect(refused.err).toBe(
      'Error: "systemctl --user restart engram.service" ended with 1: Job for engram.service failed.\n',
    );
    const other = await world();
    other.say('after-start', 'failed');
    const down = await other.run(['install', '--port', String(other.port)]);
    expect(down.code).toBe(1);
    expect(down.err).toContain(`does not answer at http://127.0.0.1:${other.port}. "engram service logs" tells why`);
    const status = await other.run(['status', '--json']);
    expect(status.code).toBe(1);
    expect(JSON.parse(status.out)).toMatchObject({ installed: true, state: 'failed', answers: false });
  });
});

describe('engram service status, logs and uninstall', () => {
  it('tell how it is, show what it said, and take it away but not its data', async () => {
    const { run, port, unit, home, asked } = await world();
    expect(await run(['status'])).toMatchObject({ code: 1, out: expect.stringContaining('No service is installed') });
    await run(['install', '--port', String(port)]);
    asked();

    expect(await run(['status'])).toEqual({
      code: 0,
      err: '',
      out: [
        '  state    running, since Sat 2026-03-07',
        `  address  http://127.0.0.1:${port}, answers`,
        `  file     ${unit}\n`,
      ].join('\n'),
    });

    expect(await run(['logs', '-n', '7'])).toEqual({ code: 0, err: '', out: 'Engram listens\n' });
    expect((await run(['logs', '--follow'])).code).toBe(0);
    expect(asked()).toEqual([
      'journalctl --user --unit=engram.service --lines=7 --no-pager --output=cat',
      'journalctl --user --unit=engram.service --lines=100 --no-pager --output=cat -f',
    ]);

    const gone = await run(['uninstall']);
    expect(gone.code).toBe(0);
    expect(gone.out).toContain(
      `Memories and settings stay: ${home}/.local/share/engram, ${home}/.config/engram/engram.env`,
    );
    expect(asked()).toEqual(['systemctl --user disable --now engram.service', 'systemctl --user daemon-reload']);
    expect(existsSync(unit)).toBe(false);
    expect(existsSync(join(home, '.local/share/engram/data'))).toBe(true);
    expect(await run(['uninstall'])).toEqual({ code: 0, err: '', out: 'No service is installed; nothing to do.\n' });
  });

  it('keep a unit that a person changed when they remove it', async () => {
    const { run, port, unit } = await world();
    await run(['install', '--port', String(port)]);
    const mine = `${readFileSync(unit, 'utf8')}# mine\n`;
    writeFileSync(unit, mine);
    expect((await run(['uninstall'])).out).toContain(`what it was is in ${unit}.bak.`);
    expect(readFileSync(`${unit}.bak`, 'utf8')).toBe(mine);
  });
});
