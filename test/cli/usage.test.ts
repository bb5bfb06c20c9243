// What the command line says about itself, and what it says to a slip of the fingers.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { tempDir } from '../support/app.ts';
import { dryRun, engram } from '../support/cli.ts';

const COMMANDS = [
  'serve',
  'bootstrap',
  'store',
  'search',
  'context',
  'recall',
  'list',
  'delete',
  'models',
  'config',
  'compact',
  'doctor',
  'version',
];

describe('help', () => {
  it('is enough to get going', async () => {
    const { code, out, err } = await engram(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    for (const word of ['--server', '--key', '--json', '--quiet', 'ENGRAM_API_KEY', 'Exit codes', 'engram bootstrap'])
      expect(out).toContain(word);
    expect(out).not.toContain('\x1b');
  });

  it.each(COMMANDS)('explains %s, with an example', async (command) => {
    const { code, out } = await dryRun([command, '--help']);
    expect(code).toBe(0);
    expect(out).toContain(`Usage: engram ${command}`);
    expect(out).toMatch(/Examples:\n {2}\S/);
    expect(out).toContain('Exit codes: 0 done; 1 ');
  });

  it('answers "help store" like "store -h", also beside wrong settings', async () => {
    const [long, short] = await Promise.all([
      engram(['help', 'store']),
      engram(['store', '-h'], { env: { ENGRAM_PORT: 'x' } }),
    ]);
    expect(long).toEqual(short);
  });

  it('is shown on stderr to who names no command', async () => {
    const { code, out, err } = await engram([]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('Usage: engram <command>');
  });

  it('tells the version', async () => {
    const [word, flag, json] = await Promise.all([
      engram(['version']),
      engram(['--version']),
      engram(['version', '--json']),
    ]);
    expect(word.out).toBe(`engram ${packageJson.version}\n`);
    expect(flag.out).toBe(word.out);
    expect(JSON.parse(json.out)).toEqual({ version: packageJson.version });
  });
});

describe('slips', () => {
  it.each([
    [['stor', 'x'], '"stor" is not a command; did you mean "engram store"?'],
    [['remember', 'x'], 'did you mean "engram store"?'],
    [['show', '1'], 'did you mean "engram recall"?'],
    [['store', 'x', '--categry', 'y'], 'no flag --categry; did you mean --category?'],
    [['store', 'x', '--sever', 'y'], 'no flag --sever; did you mean --server?'],
    [['list', '-z'], 'no flag -z'],
    [['--jsn', 'list'], 'no flag --jsn; did you mean --json?'],
    [['store', '--port is 80'], 'Put -- before text that starts with a dash.'],
    [['list', '--limit'], '--limit needs a value'],
    [['list', '--limit', 'ten'], '--limit must be a whole number from 1 to 1000, not "ten"'],
    [['list', 'everything'], 'list takes no "everything"'],
    [['list', '--json=yes'], '--json takes no value'],
    [['store', 'x', '--importance', '11'], '--importance must be 1 to 10, or a fraction such as 0.9, not "11"'],
    [['store'], 'store needs something to remember'],
    [['search'], 'search needs something to look for'],
    [['delete', 'abc'], '"abc" is not a memory id'],
    [['delete'], 'delete takes one memory id'],
    [['delete', '1', '2'], 'delete takes one memory id'],
    [['jobs', 'retri', '1'], 'jobs has no action "retri"; did you mean "engram jobs retry"?'],
    [['jobs', 'stats', '--all'], '--all does not go with "jobs stats"'],
    [['help', 'jobs', 'retri'], 'did you mean "engram jobs retry"?'],
    [['users', 'delete', '2'], 'add --yes'],
    [['feedback', '42', 'great'], 'feedback takes good, bad, helpful'],
    [['graph', 'x1'], 'is neither a memory such as 42 nor an entity'],
  ])('%j', async (args, sentence) => {
    const { code, out, err } = await dryRun(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^Error: .*\n$/);
    expect(err).toContain(sentence);
  });

  it('end the real program the same way', async () => {
    const { code, out, err } = await engram(['serv', '--quiet'], { env: { ENGRAM_PROT: '1' } });
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toBe('Error: "serv" is not a command; did you mean "engram serve"? "engram --help" lists them.\n');
    const wrong = await engram(['serve'], { env: { ENGRAM_PORT: '70000' } });
    expect(wrong).toEqual({
      code: 2,
      out: '',
      err: 'Error: ENGRAM_PORT: "70000" is not allowed; expected a whole number from 0 to 65535.\n',
    });
  });

  it('are told as JSON to programs', async () => {
    const { code, err } = await engram(['list', '--json', '--limit', '0']);
    expect(code).toBe(2);
    expect(JSON.parse(err)).toEqual({
      error: '--limit must be a whole number from 1 to 1000, not "0".',
      code: 'usage',
    });
  });

  it('in the settings are all told at once', async () => {
    const env = { ENGRAM_PROT: '1', ENGRAM_PORT: 'many' };
    for (const command of [['list'], ['serve'], ['config']]) {
      const { code, err } = await dryRun(command, { env });
      expect(code).toBe(2);
      expect(err).toMatch(/^Error: 2 settings are wrong:\n {2}/);
      expect(err).toContain('ENGRAM_PROT is not a variable Engram knows; did you mean ENGRAM_PORT?');
      expect(err).toContain('ENGRAM_PORT: "many" is not allowed; expected a whole number from 0 to 65535.');
    }
  });

  it('in the settings file are told with its name', async () => {
    const cwd = tempDir();
    writeFileSync(join(cwd, 'engram.toml'), 'prot = 1\n');
    const { code, err } = await engram(['config'], { cwd });
    expect(code).toBe(2);
    expect(err).toContain(`prot in ${cwd}/engram.toml is not a setting Engram knows; did you mean port?`);
    const folder = await engram(['config', '--config', cwd]);
    expect({ code: folder.code, err: folder.err }).toEqual({
      code: 2,
      err: `Error: The settings file ${cwd} cannot be read (EISDIR).\n`,
    });
  });
});

describe('config', () => {
  it('shows what the server would start with, and where it comes from', async () => {
    const env = { ENGRAM_PORT: '4300', ENGRAM_BOOTSTRAP_SECRET: 'open sesame' };
    const cwd = tempDir();
    const [plain, explained, json] = await Promise.all(
      [[], ['--explain'], ['--json']].map((more) => engram(['config', '--log-level', 'warn', ...more], { env, cwd })),
    );
    expect(plain!.out).toMatch(/^port +4300$/m);
    expect(explained!.out).toMatch(/^port +4300 +environment ENGRAM_PORT$/m);
    expect(explained!.out).toMatch(/^log_level +warn +flag --log-level$/m);
    const { settings } = JSON.parse(json!.out);
    expect(settings).toContainEqual({ name: 'data_dir', value: join(cwd, 'data'), source: 'default' });
    expect(settings).toContainEqual({
      name: 'bootstrap_secret',
      value: '(set, hidden)',
      source: 'environment ENGRAM_BOOTSTRAP_SECRET',
    });
    expect(plain!.out + explained!.out + json!.out).not.toContain('sesame');
  });
});
