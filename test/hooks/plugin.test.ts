// The files of the plugin: the shapes that Claude Code documents, and nothing named in them that there is not.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import packageJson from '../../package.json' with { type: 'json' };
import { COMMANDS } from '../../src/entry/cli/commands/index.ts';
import { heard } from '../../src/features/hooks/rules.ts';
import { tempDir } from '../support/app.ts';

const root = join(import.meta.dirname, '../..');
const text = (path: string) => readFileSync(join(root, path), 'utf8');
const json = (path: string) => JSON.parse(text(path));

const Name = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/);
const Author = z.strictObject({ name: z.string().min(1), email: z.email().optional(), url: z.url().optional() });
const Plugin = z.strictObject({
  name: Name,
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  description: z.string().min(1),
  author: Author,
  keywords: z.array(z.string()),
});
const Marketplace = z.strictObject({
  name: Name,
  owner: Author,
  description: z.string().optional(),
  plugins: z.array(z.strictObject({ name: Name, source: z.string().startsWith('./'), description: z.string() })).min(1),
});
const Command = z.strictObject({
  type: z.literal('command'),
  command: z.string(),
  args: z.array(z.string()),
  timeout: z.number().positive(),
  async: z.boolean().optional(),
});
const Events = [
  'SessionStart',
  'UserPromptSubmit',
  'PreToolUse',
  'PostToolUse',
  'PreCompact',
  'Stop',
  'SessionEnd',
] as const;
const Hooks = z.strictObject({
  description: z.string().optional(),
  hooks: z.partialRecord(
    z.enum(Events),
    z.array(z.strictObject({ matcher: z.string().optional(), hooks: z.array(Command).min(1) })),
  ),
});
const Servers = z.strictObject({
  mcpServers: z.record(Name, z.strictObject({ command: z.string(), args: z.array(z.string()) })),
});

const commandNames = COMMANDS.map(({ name }) => name);

describe('the plugin', () => {
  it('has a manifest of the version of the program', () => {
    expect(Plugin.parse(json('.claude-plugin/plugin.json')).version).toBe(packageJson.version);
  });

  it('is named in its marketplace, at a folder that is one', () => {
    const { plugins } = Marketplace.parse(json('.claude-plugin/marketplace.json'));
    for (const { name, source } of plugins) expect(json(join(source, '.claude-plugin/plugin.json')).name).toBe(name);
  });

  it('has a hook for every event there is an answer to, each a command there is', () => {
    const { hooks } = Hooks.parse(json('hooks/hooks.json'));
    expect(Object.keys(hooks)).toEqual(Events);
    for (const [event, groups] of Object.entries(hooks))
      for (const { command, args } of groups!.flatMap((group) => group.hooks)) {
        expect([command, args[0], args[1]]).toEqual(['engram', 'hook', 'claude-code']);
        expect(heard('claude-code', {}, args[2])?.native).toBe(event);
      }
  });

  it('registers a server', () => {
    const { mcpServers } = Servers.parse(json('.mcp.json'));
    expect(mcpServers.engram).toEqual({ command: 'engram', args: ['mcp'] });
  });
});

describe('skills', () => {
  const Front = /^---\nname: (?<name>[a-z0-9-]{1,64})\ndescription: (?<description>.{20,1024})\n---\n(?<body>[\s\S]+)$/;
  it.each(readdirSync(join(root, 'skills')))('%s says what it is for, and names commands there are', (folder) => {
    const { name, body } = Front.exec(text(`skills/${folder}/SKILL.md`))!.groups!;
    expect(name).toBe(folder);
    const used = [...body!.matchAll(/^\s*engram (\S+)/gm)].map((match) => match[1]!);
    expect(used.length).toBeGreaterThan(0);
    for (const word of used) expect(commandNames).toContain(word);
    expect(body!.split('\n').length).toBeLessThan(60);
  });
});

describe('the simple scripts', () => {
  const scripts = readdirSync(join(root, 'hooks/simple'));
  const run = (script: string, env: Record<string, string>) =>
    spawnSync('/bin/sh', [join(root, 'hooks/simple', script)], {
      ...{ input: '{"prompt":"x"}', encoding: 'utf8' },
      env: { PATH: '/usr/bin:/bin', ...env },
    });

  it.each(scripts)('%s hands its input to the program and its answer to the agent', (script) => {
    expect(statSync(join(root, 'hooks/simple', script)).mode & 0o111).not.toBe(0);
    const cli = join(tempDir(), 'my engram');
    writeFileSync(cli, '#!/bin/sh\necho "$* $(cat)"; echo noise >&2; exit 3\n');
    chmodSync(cli, 0o755);
    const { status, stdout, stderr } = run(script, { ENGRAM_CLI: cli });
    expect([status, stderr]).toEqual([0, '']);
    const [, event] = /^hook claude-code (\S+) \{"prompt":"x"\}\n$/.exec(stdout)!;
    expect(heard('claude-code', {}, event)).not.toBeNull();
  });

  it.each(scripts)('%s ends with 0 where there is no program', (script) => {
    const { status, stdout } = run(script, { ENGRAM_CLI: '/nowhere/engram' });
    expect(status).toBe(0);
    if (script === 'session-start.sh')
      expect(JSON.parse(stdout).hookSpecificOutput.additionalContext).toContain('was not found');
    else expect(stdout).toBe('');
  });

  it('say nothing to a session that a program drives', () => {
    expect(run('session-start.sh', { ENGRAM_CLI: '/nowhere', CLAUDE_CODE_ENTRYPOINT: 'sdk-py' }).stdout).toBe('');
  });

  it('are named in the README beside them', () => {
    for (const script of scripts) expect(text('hooks/README.md')).toContain(script);
    expect(existsSync(join(root, 'docs/hooks.md'))).toBe(true);
  });
});
