// How known clients are told about Engram: the file they read, and what belongs into it.

export interface Wanted {
  /** What starts the server for one client. */
  readonly command: readonly string[];
  /** Instead, a server that is reached over HTTP. */
  readonly url: string | null;
}

export interface Snippet {
  readonly file: string;
  readonly text: string;
}

type Json = Record<string, unknown>;
const json = (value: Json): string => JSON.stringify(value, null, 2);
const KEY = 'ENGRAM_API_KEY';

interface Client {
  readonly file: string;
  readonly stdio: (command: string, args: readonly string[]) => string;
  readonly http: (url: string) => string;
}

const servers = (entry: Json, under = 'mcpServers'): string => json({ [under]: { engram: entry } });
const bearer = (variable: string): Json => ({ headers: { Authorization: `Bearer ${variable}` } });

const CLIENTS: Readonly<Record<string, Client>> = {
  'claude-code': {
    file: '.mcp.json in the project, or ~/.claude.json for every project',
    stdio: (command, args) => servers({ type: 'stdio', command, args }),
    http: (url) => servers({ type: 'http', url, ...bearer(`\${${KEY}}`) }),
  },
  'claude-desktop': {
    file: 'claude_desktop_config.json (Settings, Developer, Edit Config)',
    stdio: (command, args) => servers({ command, args }),
    http: (url) =>
      servers({ command: 'engram', args: ['mcp', '--server', url.replace(/\/mcp$/, '')], env: { [KEY]: 'eg_…' } }),
  },
  codex: {
    file: '~/.codex/config.toml',
    stdio: (command, args) =>
      `[mcp_servers.engram]\ncommand = ${JSON.stringify(command)}\nargs = [${args.map((arg) => JSON.stringify(arg)).join(', ')}]`,
    http: (url) => `[mcp_servers.engram]\nurl = ${JSON.stringify(url)}\nbearer_token_env_var = "${KEY}"`,
  },
  cursor: {
    file: '.cursor/mcp.json in the project, or ~/.cursor/mcp.json',
    stdio: (command, args) => servers({ command, args }),
    http: (url) => servers({ url, ...bearer(`\${env:${KEY}}`) }),
  },
  gemini: {
    file: '~/.gemini/settings.json',
    stdio: (command, args) => servers({ command, args }),
    http: (url) => servers({ httpUrl: url, ...bearer(`$${KEY}`) }),
  },
  opencode: {
    file: 'opencode.json in the project, or ~/.config/opencode/opencode.json',
    stdio: (command, args) => servers({ type: 'local', command: [command, ...args], enabled: true }, 'mcp'),
    http: (url) => servers({ type: 'remote', url, enabled: true, ...bearer(`{env:${KEY}}`) }, 'mcp'),
  },
  vscode: {
    file: '.vscode/mcp.json',
    stdio: (command, args) => servers({ type: 'stdio', command, args }, 'servers'),
    http: (url) =>
      json({
        inputs: [{ type: 'promptString', id: 'engram-key', description: 'Key of Engram', password: true }],
        servers: { engram: { type: 'http', url, ...bearer(`\${input:engram-key}`) } },
      }),
  },
  windsurf: {
    file: '~/.codeium/windsurf/mcp_config.json',
    stdio: (command, args) => servers({ command, args }),
    http: (url) => servers({ serverUrl: url, ...bearer(`\${env:${KEY}}`) }),
  },
  zed: {
    file: 'settings.json of Zed',
    stdio: (command, args) => servers({ command, args }, 'context_servers'),
    http: (url) => servers({ url, ...bearer('eg_…') }, 'context_servers'),
  },
};

export const CLIENT_NAMES: readonly string[] = Object.keys(CLIENTS);

/** @returns null for a client that is not known */
export function snippetFor(name: string, { command, url }: Wanted): Snippet | null {
  const client = Object.hasOwn(CLIENTS, name) ? CLIENTS[name]! : null;
  if (!client) return null;
  const [program, ...args] = command as [string, ...string[]];
  return { file: client.file, text: url === null ? client.stdio(program, args) : client.http(url) };
}
