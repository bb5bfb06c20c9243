// Setting hooks up and taking them away: other people's files, of which every byte that is not ours stays.
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { configurationOf, HOOK_AGENTS, type HookAgent, type Place, quoted } from '../../src/entry/cli/hooks/agents.ts';
import { backupOf, type FileChange, install, uninstall } from '../../src/entry/cli/hooks/files.ts';
import { tempDir } from '../support/app.ts';

const PROGRAM = ['/opt/my tools/engram'];

function setUp(agent: HookAgent, { program = PROGRAM, http = null as string | null, platform = 'linux' } = {}) {
  const home = tempDir();
  const place: Place = { home, cwd: home, env: {}, platform, project: false };
  const { hooks, mcp } = configurationOf(agent, place, { program, http });
  const edits = hooks.path === mcp.path ? [hooks.edit, mcp.edit] : [hooks.edit];
  const change: FileChange = { path: hooks.path, edits };
  mkdirSync(dirname(hooks.path), { recursive: true });
  return {
    ...{ home, path: hooks.path, change, place },
    install: () => install(change, [hooks.edit]),
    uninstall: () => uninstall(change),
    read: () => readFileSync(hooks.path, 'utf8'),
    write: (text: string) => writeFileSync(hooks.path, text),
  };
}

const OTHERS = {
  hooks: {
    PreToolUse: [{ matcher: 'Bash', hooks: [{ type: 'command', command: './check.sh' }] }],
    Notification: [{ hooks: [{ type: 'command', command: 'say done' }] }],
  },
  permissions: { allow: ['Bash(ls:*)'], deny: [] },
};
const JSON_LAYOUTS: Record<string, string> = {
  'an empty file': '',
  'a blank file': '  \n\n',
  'an empty object': '{}',
  'an empty object on two lines': '{\n}\n',
  'two spaces': `${JSON.stringify(OTHERS, null, 2)}\n`,
  'four spaces': `${JSON.stringify(OTHERS, null, 4)}\n`,
  tabs: `${JSON.stringify(OTHERS, null, '\t')}\n`,
  'no line break at the end': JSON.stringify(OTHERS, null, 2),
  'one line': JSON.stringify(OTHERS),
  CRLF: `${JSON.stringify(OTHERS, null, 2)}\n`.replaceAll('\n', '\r\n'),
  'a byte-order mark': `\uFEFF${JSON.stringify(OTHERS, null, 2)}\n`,
  comments: '// mine\n{\n  "model": "opus", // the big one\n  /* hooks */\n  "hooks": {\n    // none yet\n  }\n}\n',
  'trailing commas':
    '{\n  "model": "opus",\n  "hooks": {\n    "Stop": [\n      { "hooks": [{ "type": "command", "command": "x" }], },\n    ],\n  },\n}\n',
  'empty hooks': '{\n  "hooks": {}\n}\n',
  'odd spacing': '{ "a" :1 ,\n\n "hooks":{ "Stop" : [ ] } , "z": [1,2 , 3] }',
};
const TOML_LAYOUTS: Record<string, string> = {
  'an empty file': '',
  settings: 'model = "gpt-5" # the one\n\n[features]\nweb = true\n',
  'no line break at the end': 'model = "gpt-5"',
  'blank lines at the end': 'model = "gpt-5"\n\n\n',
  CRLF: 'model = "gpt-5"\r\n[features]\r\nweb = true\r\n',
  'other hooks': '[[hooks.Stop]]\n[[hooks.Stop.hooks]]\ntype = "command"\ncommand = "say done"\n',
};
const layoutsOf = (agent: HookAgent) =>
  agent === 'codex' ? TOML_LAYOUTS : agent === 'opencode' ? { 'an empty file': '' } : JSON_LAYOUTS;
const CASES = HOOK_AGENTS.flatMap((agent) =>
  Object.entries(layoutsOf(agent)).map(([name, text]) => [agent, name, text] as const),
);

/** Without comments and trailing commas, for the eyes of JSON.parse. */
const loosely = (text: string) =>
  JSON.parse(
    text
      .replace(/^\uFEFF/, '')
      .replace(/\/\/[^\n"]*(?=\n)|\/\*[^"]*?\*\//g, '')
      .replace(/,(?=\s*[}\]])/g, ''),
  );

describe('install, then uninstall', () => {
  it.each(CASES)('%s, %s: leaves the file as it was', (agent, _, text) => {
    const setup = setUp(agent);
    setup.write(text);
    expect(setup.install()).toBe('written');
    const installed = setup.read();
    expect(installed).not.toBe(text);
    expect(readFileSync(backupOf(setup.path), 'utf8')).toBe(text);
    expect(setup.install()).toBe('unchanged');
    expect(setup.read()).toBe(installed);
    expect(setup.uninstall()).toBe('restored');
    expect(setup.read()).toBe(text);
    expect(existsSync(backupOf(setup.path))).toBe(false);
    expect(setup.uninstall()).toBe('absent');
  });

  it.each(HOOK_AGENTS)('%s: removes a file that was not there', (agent) => {
    const setup = setUp(agent);
    expect(setup.install()).toBe('written');
    expect(existsSync(backupOf(setup.path))).toBe(false);
    expect(setup.uninstall()).toBe('removed');
    expect(existsSync(setup.path)).toBe(false);
  });
});

describe('what is written', () => {
  it.each(CASES.filter(([agent]) => agent !== 'opencode'))(
    '%s, %s: is read, with all that was there',
    (agent, _, text) => {
      const setup = setUp(agent);
      setup.write(text);
      setup.install();
      const before = agent === 'codex' ? parse(text) : text.trim() === '' ? {} : loosely(text);
      const after = agent === 'codex' ? parse(setup.read()) : loosely(setup.read());
      const { hooks: had = {}, ...rest } = before as { hooks?: Record<string, unknown[]> };
      expect(after).toMatchObject(rest);
      for (const [event, list] of Object.entries(had))
        expect((after as { hooks: Record<string, unknown[]> }).hooks[event]!.slice(0, list.length)).toEqual(list);
      if (/\r\n/.test(text)) expect(setup.read()).not.toMatch(/[^\r]\n/);
      for (const comment of text.match(/\/\/ .*|\/\*.*\*\//g) ?? []) expect(setup.read()).toContain(comment);
    },
  );

  it('for Claude Code needs no shell, whatever the path is called', () => {
    const setup = setUp('claude-code');
    setup.install();
    const { hooks } = JSON.parse(setup.read());
    expect(Object.keys(hooks)).toEqual([
      ...['SessionStart', 'UserPromptSubmit', 'PreToolUse', 'PostToolUse', 'PreCompact', 'Stop', 'SessionEnd'],
    ]);
    expect(hooks.UserPromptSubmit).toEqual([
      {
        hooks: [
          {
            type: 'command',
            command: '/opt/my tools/engram',
            args: ['hook', 'claude-code', 'user-prompt-submit'],
            timeout: 5,
          },
        ],
      },
    ]);
  });

  it('for Claude Code over HTTP holds no key, and starts a program only where HTTP is not called', () => {
    const setup = setUp('claude-code', { http: 'http://127.0.0.1:4200' });
    setup.install();
    const { hooks } = JSON.parse(setup.read());
    expect(hooks.SessionStart[0].hooks[0].type).toBe('command');
    expect(hooks.PreToolUse[0].hooks[0]).toEqual({
      type: 'http',
      url: 'http://127.0.0.1:4200/hooks/claude-code',
      timeout: 5,
      headers: { Authorization: 'Bearer $ENGRAM_API_KEY' },
      allowedEnvVars: ['ENGRAM_API_KEY'],
    });
    expect(setup.uninstall()).toBe('removed');
  });

  it('quotes a path with spaces and quotes where a shell reads it', () => {
    expect(quoted(["/it's my/engram", 'hook'], 'linux')).toBe(`'/it'\\''s my/engram' hook`);
    expect(quoted(['C:\\Program Files\\engram.exe', 'hook'], 'win32')).toBe('"C:\\Program Files\\engram.exe" hook');
    const setup = setUp('gemini', { program: ['C:\\Program Files\\engram.exe'], platform: 'win32' });
    setup.install();
    expect(JSON.parse(setup.read()).hooks.SessionStart[0].hooks[0].command).toMatch(/^& "C:\\Program Files/);
  });

  it('replaces an older version of ours, and uninstall takes that away too', () => {
    const setup = setUp('claude-code');
    const old = {
      model: 'opus',
      hooks: {
        Stop: [
          {
            hooks: [
              { type: 'command', command: './mine.sh' },
              { type: 'command', command: 'engram hook stop', timeout: 15 },
            ],
          },
        ],
        SessionStart: [{ hooks: [{ type: 'command', command: '"/old path/engram" hook session-start' }] }],
      },
    };
    setup.write(`${JSON.stringify(old, null, 2)}\n`);
    expect(setup.install()).toBe('written');
    expect(setup.read().match(/"session-start"/g)).toHaveLength(1);
    expect(setup.read()).not.toContain('old path');
    expect(setup.uninstall()).toBe('written');
    const without = { model: 'opus', hooks: { Stop: [{ hooks: [{ type: 'command', command: './mine.sh' }] }] } };
    expect(setup.read()).toBe(`${JSON.stringify(without, null, 2)}\n`);
  });

  it.each(['two spaces', 'tabs', 'CRLF', 'comments', 'four spaces'])(
    'goes again without a trace when other things changed meanwhile: %s',
    (layout) => {
      const setup = setUp('claude-code');
      setup.write(JSON_LAYOUTS[layout]!);
      setup.install();
      const changed = (text: string) => text.replace(/"(?:Bash\(ls:\*\)|opus)"/, '"something else"');
      setup.write(changed(setup.read()));
      expect(setup.uninstall()).toBe('written');
      expect(setup.read()).toBe(changed(JSON_LAYOUTS[layout]!));
    },
  );

  it('keeps permissions and links', () => {
    const setup = setUp('claude-code');
    const real = join(setup.home, 'dotfiles.json');
    writeFileSync(real, '{}\n', { mode: 0o600 });
    symlinkSync(real, setup.path);
    setup.install();
    expect(readFileSync(real, 'utf8')).toContain('engram');
    expect(statSync(real).mode & 0o777).toBe(0o600);
    setup.uninstall();
    expect(readFileSync(real, 'utf8')).toBe('{}\n');
  });
});

describe('a file that cannot be read', () => {
  it.each([
    ['claude-code', '{"hooks": ', 'line 1: it ends too early'],
    ['claude-code', '{\n  "a": 1\n  "b": 2\n}', 'line 3: "," or "}" is missing'],
    ['claude-code', '{"a":1,"a":2}', 'stands in one object twice'],
    ['claude-code', '[]', 'something other than a JSON object'],
    ['claude-code', '{"hooks": []}', 'something other than an object at hooks'],
    ['claude-code', '{"hooks": {"Stop": {}}}', 'something other than an array at hooks.Stop'],
    ['claude-code', `${'['.repeat(205)}`, 'nested too deeply'],
    ['codex', 'model = ', 'not valid TOML in line 1'],
    ['codex', 'hooks = { Stop = [] }\n', 'in a form that nothing can be added to'],
    ['opencode', 'export const mine = 1;\n', 'was not written by this program'],
  ] as const)('%s %j is refused with a sentence and left alone', (agent, text, sentence) => {
    const setup = setUp(agent);
    setup.write(text);
    expect(() => setup.install()).toThrow(sentence);
    expect(() => setup.install()).toThrow(setup.path);
    expect(setup.read()).toBe(text);
    expect(existsSync(backupOf(setup.path))).toBe(false);
  });

  it('nor one that is no text', () => {
    const setup = setUp('claude-code');
    writeFileSync(setup.path, Buffer.from([0x7b, 0xff, 0x7d]));
    expect(() => setup.install()).toThrow('is not UTF-8 text');
  });
});

describe('the MCP server', () => {
  it.each(HOOK_AGENTS)('%s: is registered once and taken away again, not one of somebody else', (agent) => {
    const home = tempDir();
    const place: Place = { home, cwd: home, env: {}, platform: 'linux', project: false };
    const { mcp } = configurationOf(agent, place, { program: PROGRAM, http: null });
    const change: FileChange = { path: mcp.path, edits: [mcp.edit] };
    expect(install(change, [mcp.edit])).toBe('written');
    const text = readFileSync(mcp.path, 'utf8');
    expect(text).toContain('/opt/my tools/engram');
    expect(install(change, [mcp.edit])).toBe('unchanged');
    expect(uninstall(change)).toBe('removed');
    const theirs =
      agent === 'codex'
        ? '[mcp_servers.engram]\nurl = "https://memory.example/mcp"\n'
        : `{"${agent === 'opencode' ? 'mcp' : 'mcpServers'}":{"engram":{"url":"https://memory.example/mcp"}}}`;
    writeFileSync(mcp.path, theirs);
    expect(install(change, [mcp.edit])).toBe('unchanged');
    expect(uninstall(change)).toBe('absent');
    expect(readFileSync(mcp.path, 'utf8')).toBe(theirs);
  });
});

it('the plugin for opencode loads, and lets everything happen while no server answers', async () => {
  const setup = setUp('opencode');
  setup.install();
  // Read as it loads: not the server that somebody may run at the usual address.
  process.env.ENGRAM_URL = 'http://127.0.0.1:1';
  const { EngramMemory } = await import(setup.path);
  delete process.env.ENGRAM_URL;
  const hooks = await EngramMemory({ directory: setup.home });
  const session = { sessionID: 's' };
  const system: string[] = [];
  await hooks['chat.message'](session, { parts: [{ type: 'text', text: 'Which port does it use?' }] });
  await hooks['experimental.chat.system.transform'](session, { system });
  await hooks['tool.execute.before']({ ...session, tool: 'bash' }, { args: { command: 'rm -rf /' } });
  await hooks['tool.execute.after']({ ...session, tool: 'bash' }, { output: 'x' });
  await hooks.event({ event: { type: 'session.idle', properties: session } });
  expect(system).toEqual([]);
});
