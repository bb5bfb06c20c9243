// Settings: which source wins, how each kind is read, what is left of the command line.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SETTINGS, settingNames, settingOf } from './config/settings.ts';
import { type Given, HEX_KEY, load, problems, sources } from './config/testkit.ts';
import { ConfigError, explain, flagHelp, KNOWN_ELSEWHERE, loadConfig } from './config.ts';

const rowOf = (given: Given, name: string) => explain(load(given)).find((row) => row.name === name);

describe('defaults', () => {
  it('need nothing from outside', () => {
    expect(load()).toEqual({
      host: '127.0.0.1',
      port: 4200,
      data_dir: '/work/data',
      db_path: '/work/data/engram.db',
      database_url: null,
      db_synchronous: 'full',
      encryption: {
        ...{ mode: 'none', key: null, key_file: '/home/me/.config/engram/dbkey' },
        ...{ passphrase: null, passphrase_file: null, new_passphrase: null, recovery_key: null, yubikey_timeout: 30 },
      },
      api_key: null,
      bootstrap_secret: null,
      api_key_pepper: null,
      open_access: false,
      allowed_origins: [],
      mcp_tools: [],
      trusted_proxies: [],
      log_level: 'info',
      log_format: 'text',
      embedding: {
        model_dir: null,
        onnx_file: null,
        max_seq: null,
        dim: null,
        model: null,
        threads: 0,
        url: null,
        api_key: null,
        chunks: { chars: null, overlap: null, max: 100 },
      },
      llm: {
        url: null,
        api_key: null,
        model: null,
        timeout_ms: 20_000,
        background_timeout_ms: 120_000,
        concurrency: 2,
        daily_tokens: 0,
        price_in: 0,
        price_out: 0,
      },
      models_dir: '/work/data/models',
      model_hub: null,
      model_hub_token: null,
      reranker: { enabled: true, model: null, model_dir: null, top_k: 40, budget_ms: 1_000 },
      vectors: { use_lance: true, lance_path: '/work/data/lance', lance_threshold: 400_000 },
      retention: 0.9,
      fsrs: { weights: null },
      gate: {
        approval_timeout: 120,
        blocked_patterns: [],
        protected_services: [],
        no_reboot_hosts: [],
        reserved_targets: [],
      },
      webhooks: { allow_private: false },
      oauth: { enabled: true, registration: true, public_url: null },
      trash_days: 30,
      limits: {
        ...{ body_bytes: 10_485_760, content_bytes: 102_400, in_flight: 2_000, in_flight_bytes: 268_435_456 },
        ...{ loopback: false, per_address: 600 },
      },
      audit: { retention_days: 365 },
      backup: { dir: '/work/data/backups', enabled: true, interval: 86_400, retention: 7, retention_daily: 7 },
      key_rotation_grace_hours: 24,
      safe_mode: true,
      server_url: 'http://127.0.0.1:4200',
      client_key: null,
      understanding: true,
      auto_decompose: true,
      extraction_status: 'pending',
      secrets: { redact: true, scrub_messages: false },
      quarantine: true,
      pagerank: { enabled: true, interval: 300, threads: 2, threshold: 100 },
    });
  });

  it('are accepted by their own kind', () => {
    for (const name of settingNames) {
      const { fallback, kind } = settingOf(name);
      if (fallback !== null && name !== 'allow_open_access_in_release')
        expect(kind.read(fallback as string), name).toEqual({ value: fallback });
    }
  });

  it('cannot be changed, at any depth', () => {
    const config = load({ toml: 'allowed_origins = ["https://a.example"]' });
    for (const part of [config, config.embedding, config.vectors, config.limits, config.encryption])
      expect(Object.isFrozen(part)).toBe(true);
    expect(() => (config.allowed_origins as string[]).push('https://b.example')).toThrow(TypeError);
    expect(Object.isFrozen(SETTINGS.allowed_origins.fallback)).toBe(false);
  });
});

describe('precedence', () => {
  const env = { ENGRAM_PORT: '2' };
  const toml = 'port = 1';
  it.each<[string, Given, number, string]>([
    ['flag', { argv: '--port 3', env, toml }, 3, 'flag --port'],
    ['environment', { env, toml }, 2, 'environment ENGRAM_PORT'],
    ['file', { toml }, 1, 'file /work/engram.toml'],
    ['default', {}, 4200, 'default'],
    ['last flag', { argv: '--port 3 --port=5', env }, 5, 'flag --port'],
    ['empty variable', { env: { ENGRAM_PORT: ' ' }, toml }, 1, 'file /work/engram.toml'],
  ])('%s', (_, given, port, source) => {
    expect(load(given).port).toBe(port);
    expect(rowOf(given, 'port')).toEqual({ name: 'port', value: String(port), source });
  });

  it.each<[string, Given, string]>([
    ['first name', { env: { ENGRAM_EMBEDDING_ONNX_FILE: 'a', ENGRAM_ONNX_MODEL_FILE: 'b' } }, 'a'],
    ['alias', { env: { ENGRAM_ONNX_MODEL_FILE: 'b' } }, 'b'],
  ])('of names: %s', (_, given, file) => expect(load(given).embedding.onnx_file).toBe(file));

  it.each<[string, Record<string, string>, string]>([
    ['plain word', { RUST_LOG: 'debug' }, 'debug'],
    ['first plain word among directives', { RUST_LOG: 'engram=debug, warn ,error' }, 'warn'],
    ['no plain word', { RUST_LOG: 'engram=debug' }, 'info'],
    ['trace', { RUST_LOG: 'trace' }, 'debug'],
    ['off', { ENGRAM_LOG_LEVEL: 'OFF' }, 'silent'],
    ['own name first', { RUST_LOG: 'error', ENGRAM_LOG_LEVEL: 'warn' }, 'warn'],
  ])('of log levels: %s', (_, env, level) => expect(load({ env }).log_level).toBe(level));

  it.each<[string, Given, number]>([
    ['flag', { argv: '--config f.toml', env: { ENGRAM_CONFIG_FILE: '/e.toml' } }, 1],
    ['variable', { env: { ENGRAM_CONFIG_FILE: '/e.toml' } }, 2],
    ['working folder', { toml: 'port = 3' }, 3],
    ['home', {}, 4],
  ])('of files: %s', (_, given, port) => {
    const home = '/home/me/.config/engram/config.toml';
    const files = { '/work/f.toml': 'port = 1', '/e.toml': 'port = 2', [home]: 'port = 4' };
    expect(load({ ...given, files }).port).toBe(port);
  });
});

describe('values', () => {
  it.each<[string, Given, object]>([
    ['paths', { env: { ENGRAM_DATA_DIR: '~/d', ENGRAM_DB_PATH: 'x/y.db' } }, { db_path: '/home/me/d/x/y.db' }],
    ['absolute path', { env: { ENGRAM_DB_PATH: '/y.db' } }, { data_dir: '/work/data', db_path: '/y.db' }],
    [
      'sections',
      { toml: '[vectors]\nuse_lance = false\nlance_path = "l"' },
      { vectors: { use_lance: false, lance_path: '/work/data/l', lance_threshold: 400_000 } },
    ],
    [
      'dotted keys',
      { toml: 'limits.body_bytes = 1024\nretention = 0.5' },
      { limits: { body_bytes: 1024, content_bytes: 102_400 }, retention: 0.5 },
    ],
    ['text numbers in the file', { toml: 'port = "8"' }, { port: 8 }],
    [
      'origins',
      { env: { ENGRAM_ALLOWED_ORIGINS: 'https://A.example:443/, null,, tauri://localhost' } },
      { allowed_origins: ['https://a.example', 'tauri://localhost'] },
    ],
    ['lists', { argv: '--trusted-proxies 10.0.0.1 --trusted-proxies=::1' }, { trusted_proxies: ['10.0.0.1', '::1'] }],
    ['bracketed host', { argv: '--host [::1] --open-access' }, { host: '::1', open_access: true }],
    ['any free port', { argv: '--port 0' }, { port: 0 }],
    ['server address', { argv: '--server https://x.example/engram/' }, { server_url: 'https://x.example/engram' }],
    [
      'open access made sure',
      {
        env: { ENGRAM_HOST: '0.0.0.0', ENGRAM_OPEN_ACCESS: '1', ENGRAM_ALLOW_OPEN_ACCESS_IN_RELEASE: 'yes-i-am-sure' },
      },
      { open_access: true },
    ],
  ])('%s', (_, given, expected) => expect(load(given)).toMatchObject(expected));

  it.each([
    ...['1', 'true', 'YES', 'On'].map((word) => [word, true] as const),
    ...['0', 'False', 'no', 'OFF'].map((word) => [word, false] as const),
  ])('reads %s as a boolean', (word, expected) => {
    expect(load({ env: { ENGRAM_USE_LANCE_INDEX: word } }).vectors.use_lance).toBe(expected);
  });

  it('reads any number in range back, and refuses any outside', () => {
    fc.assert(
      fc.property(fc.integer(), (n) => {
        const fits = n >= 8 && n <= 8192;
        const given = { env: { ENGRAM_EMBEDDING_MAX_SEQ: String(n) } };
        if (fits) expect(load(given).embedding.max_seq).toBe(n);
        else
          expect(problems(given)).toEqual([
            `ENGRAM_EMBEDDING_MAX_SEQ: "${n}" is not allowed; expected a whole number from 8 to 8192.`,
          ]);
      }),
    );
  });

  it('never fails in any other way than by naming problems', () => {
    const name = fc.constantFrom(...settingNames.flatMap((one) => settingOf(one).env));
    fc.assert(
      fc.property(fc.dictionary(name, fc.string()), fc.array(fc.string()), fc.string(), (env, argv, toml) => {
        try {
          loadConfig({ ...sources({ env, toml }), argv });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
    );
  });
});

describe('flags', () => {
  it('are taken out, and everything else is left for the command', () => {
    const argv = 'a --limit 5 --port 1 -v --no-lance-index --no-color --no-port --log-level=warn b -- --port 2';
    const { config, rest } = loadConfig(sources({ argv }));
    expect(config).toMatchObject({ port: 1, log_level: 'warn', vectors: { use_lance: false } });
    expect(rest).toEqual(['a', '--limit', '5', '-v', '--no-color', '--no-port', 'b', '--', '--port', '2']);
  });

  it('are all in the help, under their variable', () => {
    const help = flagHelp().join('\n');
    for (const name of settingNames) {
      const { flag } = settingOf(name);
      if (flag) expect(help).toMatch(new RegExp(`^ {2}--(\\[no-\\])?${flag} .*\\(ENGRAM_`, 'm'));
    }
    expect(flagHelp('client').join('\n')).toMatch(/--config.*--log-level.*--server.*--key/s);
    expect(flagHelp('client').join('\n')).not.toContain('--port');
  });

  it('and every other name belong to one setting each', () => {
    const flags = settingNames.map((name) => settingOf(name).flag).filter(Boolean);
    expect(new Set(flags).size).toBe(flags.length);
    const shared = KNOWN_ELSEWHERE.filter((name) => settingNames.some((one) => settingOf(one).env.includes(name)));
    expect(shared).toEqual([]);
    expect(new Set(KNOWN_ELSEWHERE).size).toBe(KNOWN_ELSEWHERE.length);
  });
});

describe('roles', () => {
  it('give ENGRAM_API_KEY its two meanings', () => {
    const env = { ENGRAM_API_KEY: 'other-key', ENGRAM_KEY: 'second', ENGRAM_OPEN_ACCESS: '1', ENGRAM_HOST: '0.0.0.0' };
    const client = load({ env, role: 'client' });
    expect(client.api_key).toBeNull();
    expect(client.client_key?.reveal()).toBe('other-key');
    expect(problems({ env })).toHaveLength(2);
    expect(load({ env: { ENGRAM_API_KEY: `EG_${HEX_KEY}` } }).api_key?.reveal()).toBe(`EG_${HEX_KEY}`);
    expect(load({ argv: '--key mine', env, role: 'client' }).client_key?.reveal()).toBe('mine');
  });
});
