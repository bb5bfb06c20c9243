// What is wrong with settings is told completely and helpfully, and no secret is shown doing so, or ever.
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from '../algo/nearest.ts';
import { explain, KNOWN_ELSEWHERE, Secret } from '../config.ts';
import { type Given, HEX_KEY, load, problems } from './testkit.ts';

describe('problems', () => {
  it.each<[Given, RegExp]>([
    [{ argv: '--port' }, /^--port needs a value: a whole number from 0 to 65535\.$/],
    [{ argv: '--port --host x' }, /^--port needs a value/],
    [{ argv: '--config=' }, /^--config: "" is not allowed/],
    [{ argv: '--no-lance-index=1' }, /^--no-lance-index takes no value; leave out "=1"/],
    [{ argv: '--port=65536' }, /^--port: "65536" is not allowed; expected a whole number from 0 to 65535\.$/],
    [{ env: { ENGRAM_PORT: '4200.5' } }, /^ENGRAM_PORT: "4200.5"/],
    [{ env: { ENGRAM_HOST: 'http://x' } }, /^ENGRAM_HOST: "http:\/\/x" .* without scheme or port/],
    [{ env: { ENGRAM_HOST: '1.2.3.999' } }, /^ENGRAM_HOST/],
    [{ env: { ENGRAM_DEFAULT_RETENTION: '1' } }, /expected a number from 0.5 to 0.99/],
    [{ env: { ENGRAM_USE_LANCE_INDEX: 'maybe' } }, /"maybe" .* true or false/],
    [{ env: { ENGRAM_DB_SYNCHRONOUS: 'off' } }, /one of full, normal/],
    [{ env: { ENGRAM_TRUSTED_PROXIES: '10.0.0.1,proxy' } }, /IP addresses/],
    [{ env: { ENGRAM_ALLOWED_ORIGINS: '*' } }, /"\*" cannot be \*, because/],
    [{ env: { ENGRAM_ALLOWED_ORIGINS: 'https://a.example/path' } }, /origins such as/],
    [{ env: { ENGRAM_URL: 'ftp://x' } }, /http:\/\/ or https:\/\//],
    [
      { env: { ENGRAM_URL: 'http://me:hunter2@x' } },
      /^ENGRAM_URL: "http:\/\/…@x" must not contain a user name or password/,
    ],
    [{ env: { ENGRAM_DATA_DIR: 'a\0b' } }, /^ENGRAM_DATA_DIR/],
    [{ env: { ENGRAM_ENCRYPTION_MODE: 'rot13' } }, /"rot13" is not allowed; expected one of none, keyfile, env/],
    [
      { env: { ENGRAM_DB_PASSPHRASE: 'horse battery' } },
      /passphrase for the store is set but ENGRAM_ENCRYPTION_MODE is none/,
    ],
    [
      { env: { ENGRAM_ENCRYPTION_MODE: 'passphrase', ENGRAM_DB_PASSPHRASE: 'a', ENGRAM_DB_PASSPHRASE_FILE: 'b' } },
      /both set: keep one/,
    ],
    [
      { env: { ENGRAM_ENCRYPTION_MODE: 'keyfile', ENGRAM_DATABASE_URL: 'postgres://h/d' } },
      /encrypts the embedded store, but ENGRAM_DATABASE_URL/,
    ],
    [{ env: { ENGRAM_ENCRYPTION_MODE: 'env' } }, /ENGRAM_DB_KEY must hold the key: 64 hex digits/],
    [{ env: { ENGRAM_DB_KEY: HEX_KEY } }, /ENGRAM_DB_KEY is set but ENGRAM_ENCRYPTION_MODE is none/],
    [
      { env: { ENGRAM_OPEN_ACCESS: '1', ENGRAM_HOST: '0.0.0.0' } },
      /ENGRAM_OPEN_ACCESS.*host 0\.0\.0\.0.*yes-i-am-sure/,
    ],
    [{ env: { ENGRAM_ALLOW_OPEN_ACCESS_IN_RELEASE: '1' } }, /expected exactly yes-i-am-sure/],
    [{ env: { ENGRAM_PROT: '1' } }, /^ENGRAM_PROT is not a variable Engram knows; did you mean ENGRAM_PORT\?$/],
    [{ env: { ENGRAM_RERANKER_ENABELD: '1' } }, /did you mean ENGRAM_RERANKER_ENABLED\?$/],
    [{ env: { ENGRAM_QQQQQQQQ: '1' } }, /^ENGRAM_QQQQQQQQ is not a variable Engram knows\.$/],
    [{ toml: 'prot = 1' }, /^prot in \/work\/engram\.toml is not a setting Engram knows; did you mean port\?$/],
    [{ toml: '[embedding]\nmax_sq = 9' }, /^embedding.max_sq in .*; did you mean embedding.max_seq\?$/],
    [{ toml: 'embedding = 5' }, /must be a section, written \[embedding\]/],
    [{ toml: 'port = {a = 1}' }, /^port in \/work\/engram.toml has a value of the wrong type/],
    [{ toml: 'host = 5' }, /^host in \/work\/engram.toml: 5 is not allowed/],
    [{ toml: 'config_file = "x"' }, /^config_file in .* is not a setting/],
    [{ toml: 'a = 1\nport = ]' }, /^\/work\/engram.toml is not valid TOML at line 2, column \d+: [^\n]*\.$/],
    [{ argv: '--config nowhere.toml' }, /^--config: there is no file \/work\/nowhere.toml\.$/],
    [{ env: { ENGRAM_HOST: `${'x'.repeat(200)}!` } }, /^ENGRAM_HOST: "x{78}… is not allowed/],
  ])('%j', (given, expected) => {
    const found = problems(given);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it('are all told at once, also in values that another source overrides', () => {
    const found = problems({
      argv: '--port 1 --retention 7',
      env: { ENGRAM_PORT: 'x', ENGRAM_HOTS: 'y' },
      toml: 'prt = 1',
    });
    expect(found.map((sentence) => sentence.split(/[ :]/)[0])).toEqual([
      'ENGRAM_HOTS',
      'prt',
      'ENGRAM_PORT',
      '--retention',
    ]);
  });

  it('are not made of names that belong to other features or to tests', () => {
    const elsewhere = Object.fromEntries(KNOWN_ELSEWHERE.map((name) => [name, 'hunter2']));
    const env = {
      ...elsewhere,
      ENGRAM_TEST_POSTGRES: '1',
      ENGRAM_NOT_FILLED_IN: '',
      ENGRAM_KEY: 'k',
      ENGRAM_URL: 'http://x',
    };
    const rows = explain(load({ env }));
    expect(rows.filter((row) => row.value === 'known, not used by this version')).toHaveLength(KNOWN_ELSEWHERE.length);
    expect(JSON.stringify(rows)).not.toContain('hunter2');
  });
});

describe('secrets', () => {
  const values: Record<string, string> = {
    ENGRAM_DATABASE_URL: 'postgres://me:hunter2@db/x',
    ENGRAM_DB_KEY: HEX_KEY,
    ENGRAM_API_KEY: `engram_${HEX_KEY}`,
    ENGRAM_BOOTSTRAP_SECRET: 'hunter2',
    ENGRAM_API_KEY_PEPPER: HEX_KEY,
    ENGRAM_DB_PASSPHRASE: 'hunter2',
    ENGRAM_DB_NEW_PASSPHRASE: 'hunter2',
    ENGRAM_DB_RECOVERY_KEY: 'hunter2',
  };

  it('are never shown', () => {
    const { ENGRAM_DATABASE_URL, ...others } = values;
    expect(load({ env: { ENGRAM_DATABASE_URL } }).database_url?.reveal()).toBe(values.ENGRAM_DATABASE_URL);
    const config = load({ env: { ...others, ENGRAM_ENCRYPTION_MODE: 'env' }, argv: '--key hunter2' });
    const rows = explain(config);
    expect(rows.filter((row) => row.value === '(set, hidden)')).toHaveLength(8);
    const one = config.bootstrap_secret;
    const shown = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      Bun.inspect(config),
      `${one}`,
    ];
    for (const text of [
      ...shown,
      String(one),
      JSON.stringify(rows),
      inspect({ ...one }),
      inspect(Object.entries(config)),
    ])
      expect(text).not.toMatch(new RegExp(`hunter2|${HEX_KEY}`));
    expect(String(new Secret('x'))).toBe('[hidden]');
  });

  it('are not quoted in problems either', () => {
    const env = Object.fromEntries(Object.keys(values).map((name) => [name, 'hunter2\tbad']));
    const toml = 'api_key = 77777\n[encryption]\nkey = "hunter2"';
    const text = [...problems({ env, toml }), ...problems({ toml: 'api_key = "hunter2' })].join('\n');
    for (const name of [...Object.keys(values), 'api_key in', 'encryption.key in']) expect(text).toContain(name);
    expect(text).not.toMatch(/hunter2|77777/);
  });
});

describe('nearest', () => {
  it('counts edits, a swap of neighbours as one', () => {
    expect(editDistance('port', 'prot')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(nearest('zzz', ['port'])).toBeNull();
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b) === 0).toBe(a === b);
      }),
    );
  });
});
