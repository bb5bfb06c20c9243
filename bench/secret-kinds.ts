// Made-up secrets in the formats their makers document: what the redaction is measured on. Written from the formats, not
// from the rules that look for them, and sharing nothing with them.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { between, pick, type Random } from './random.ts';

/** A secret, and the words around it where it is never seen alone. */
export interface Planted {
  secret: string;
  /** Holds the secret; the secret itself when it can stand anywhere. */
  text: string;
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = LOWER.toUpperCase();
const DIGIT = '0123456789';
const HEX = '0123456789abcdef';
const BASE62 = DIGIT + UPPER + LOWER;
const BASE32 = `${UPPER}234567`;
const BASE64 = `${UPPER}${LOWER}${DIGIT}+/`;
const URL64 = `${UPPER}${LOWER}${DIGIT}-_`;
const BECH32 = 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L';

export const chars = (r: Random, from: string, n: number): string =>
  Array.from({ length: n }, () => from[Math.floor(r() * from.length)]!).join('');
const hex = (r: Random, n: number) => chars(r, HEX, n);
export const uuid = (r: Random) => `${hex(r, 8)}-${hex(r, 4)}-4${hex(r, 3)}-a${hex(r, 3)}-${hex(r, 12)}`;
const plain = (secret: string): Planted => ({ secret, text: secret });
const around = (before: string, secret: string, after = ''): Planted => ({ secret, text: before + secret + after });
/** As programs are told: environment, YAML, JSON, code, prose. */
const named = (r: Random, name: string, secret: string): Planted => {
  const env = name.toUpperCase().replaceAll(' ', '_');
  const camel = name.replace(/ (\w)/g, (_, c: string) => c.toUpperCase());
  return pick(r, [
    () => around(`${env}=`, secret),
    () => around(`export ${env}="`, secret, '"'),
    () => around(`${name.replaceAll(' ', '_')}: `, secret),
    () => around(`"${camel}": "`, secret, '"'),
    () => around(`const ${camel} = '`, secret, "';"),
    () => around(`${name} is `, secret),
    () => around(`${name}: `, secret),
  ])();
};

function base62(n: number, width: number): string {
  let text = '';
  for (let rest = n; rest > 0; rest = Math.floor(rest / 62)) text = BASE62[rest % 62]! + text;
  return text.padStart(width, '0');
}
/** Thirty characters of chance and their CRC-32 in base 62, as GitHub and npm write them. */
const checked = (r: Random, prefix: string) => {
  const body = chars(r, BASE62, 30);
  return prefix + body + base62(crc32(body) >>> 0, 6);
};

function luhn(digits: string): string {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const d = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? (d > 4 ? d * 2 - 9 : d * 2) : d;
  }
  return digits + ((10 - (sum % 10)) % 10);
}
function card(r: Random): string {
  const [prefix, length] = pick(r, [['4', 16], ['51', 16], ['55', 16], ['2221', 16], ['34', 15], ['37', 15], ['6011', 16], ['3528', 16], ['36', 14]] as const); // biome-ignore format: a list
  const number = luhn(prefix + chars(r, DIGIT, length - 1 - prefix.length));
  const joint = pick(r, ['', '', ' ', '-']);
  const parts = length === 15 ? [4, 6, 5] : length === 14 ? [4, 6, 4] : [4, 4, 4, 4];
  let at = 0;
  return parts.map((n) => number.slice(at, (at += n))).join(joint);
}
const IBAN_FORMS: Readonly<Record<string, (r: Random) => string>> = {
  DE: (r) => chars(r, DIGIT, 18),
  GB: (r) => chars(r, UPPER, 4) + chars(r, DIGIT, 14),
  NL: (r) => chars(r, UPPER, 4) + chars(r, DIGIT, 10),
  FR: (r) => chars(r, DIGIT, 23),
  ES: (r) => chars(r, DIGIT, 20),
  CH: (r) => chars(r, DIGIT, 17),
  NO: (r) => chars(r, DIGIT, 11),
};
function iban(r: Random): string {
  const country = pick(r, Object.keys(IBAN_FORMS));
  const body = IBAN_FORMS[country]!(r);
  const number = [...`${body}${country}00`].map((c) => Number.parseInt(c, 36)).join('');
  const text = `${country}${String(98n - (BigInt(number) % 97n)).padStart(2, '0')}${body}`;
  return r() < 0.5 ? text : text.replace(/(.{4})(?=.)/g, '$1 ');
}

const url64 = (text: string) => Buffer.from(text).toString('base64url');
const jwt = (r: Random) =>
  `${url64(JSON.stringify({ alg: pick(r, ['HS256', 'RS256', 'ES256']), typ: 'JWT' }))}.${url64(JSON.stringify({ sub: chars(r, DIGIT, 10), iat: between(r, 1_600_000_000, 1_800_000_000), name: chars(r, LOWER, 8) }))}.${chars(r, URL64, 43)}`;

function pem(r: Random, label: string, opening = ''): string {
  const lines = Array.from({ length: between(r, 4, 24) }, () => chars(r, BASE64, 64));
  const end = r() < 0.3 ? '\\n' : '\n';
  return [`-----BEGIN ${label}-----`, ...(opening ? [opening, ''] : []), ...lines, `${chars(r, BASE64, 30)}==`, `-----END ${label}-----`].join(end); // biome-ignore format: a list
}

const WORDS = 'river orange kettle marble window sunset copper forest pencil harbor ladder velvet planet bottle garden silver thunder candle meadow rocket'.split(' '); // biome-ignore format: a list
/** As people choose them. */
export const password = (r: Random): string =>
  pick(r, [
    () => `${chars(r, UPPER, 1)}${pick(r, WORDS)}${between(r, 10, 9999)}${pick(r, ['!', '#', '$', '?', ''])}`,
    () => chars(r, `${BASE62}!#%^*_+-`, between(r, 12, 24)),
    () => `${pick(r, WORDS).replace('o', '0').replace('e', '3')}${between(r, 1, 99)}${pick(r, WORDS)}`,
    () => `${pick(r, WORDS)}-${pick(r, WORDS)}-${between(r, 10, 99)}`,
  ])();
const HOSTS = ['db.internal', 'db.corp.net', '10.1.2.3', 'cluster0.ab1cd.mongodb.net', 'localhost'];
const host = (r: Random) => pick(r, HOSTS);
const user = (r: Random) => pick(r, ['admin', 'app', 'deploy', 'svc_report', 'alice']);
const seed = 'abandon ability able about above absent absorb abstract absurd abuse access accident account accuse achieve acid acoustic acquire across act action actor actress actual adapt add addict address adjust admit adult advance advice aerobic affair afford afraid again age agent agree ahead aim air airport aisle alarm album alcohol alert alien'.split(' '); // biome-ignore format: a list

type Maker = (r: Random) => Planted;
const token =
  (make: (r: Random) => string): Maker =>
  (r) =>
    plain(make(r));
const key =
  (name: string, make: (r: Random) => string): Maker =>
  (r) =>
    named(r, name, make(r));

export const SECRET_KINDS: Readonly<Record<string, Maker>> = {
  'aws access key id': token((r) => pick(r, ['AKIA', 'ASIA']) + chars(r, BASE32, 16)),
  'aws secret access key': key('aws secret access key', (r) => chars(r, BASE64, 40)),
  'gcp api key': token((r) => `AIza${chars(r, URL64, 35)}`),
  'gcp service account': (r) => {
    const secret = `-----BEGIN PRIVATE KEY-----\\n${Array.from({ length: 8 }, () => chars(r, BASE64, 64)).join('\\n')}\\n-----END PRIVATE KEY-----\\n`;
    return around(`{"type": "service_account", "project_id": "demo-1", "private_key": "`, secret, '", "client_email": "x@demo-1.iam.gserviceaccount.com"}'); // biome-ignore format: one piece
  },
  'google oauth client secret': token((r) => `GOCSPX-${chars(r, URL64, 28)}`),
  'google access token': token((r) => `ya29.a0${chars(r, URL64, 120)}`),
  'azure storage key': (r) => around(`DefaultEndpointsProtocol=https;AccountName=acct${chars(r, DIGIT, 3)};AccountKey=`, `${chars(r, BASE64, 86)}==`, ';EndpointSuffix=core.windows.net'), // biome-ignore format: one piece
  'azure sas': (r) => around(`https://acct.blob.core.windows.net/c/f.csv?sv=2022-11-02&sr=b&se=2026-01-01&sp=r&sig=`, encodeURIComponent(`${chars(r, BASE64, 43)}=`)), // biome-ignore format: one piece
  'azure client secret': token((r) => `${chars(r, BASE62, 3)}${pick(r, ['7', '8'])}Q~${chars(r, `${BASE62}_.-~`, 33)}${chars(r, BASE62, 1)}`),
  'digitalocean token': token((r) => pick(r, ['dop_v1_', 'doo_v1_', 'dor_v1_']) + hex(r, 64)),
  'alibaba key id': token((r) => `LTAI${chars(r, BASE62, pick(r, [16, 20]))}`),
  'hetzner token': key('hcloud token', (r) => chars(r, BASE62, 64)),
  'github classic': token((r) => checked(r, 'ghp_')),
  'github oauth': token((r) => checked(r, 'gho_')),
  'github app': token((r) => checked(r, pick(r, ['ghu_', 'ghs_', 'ghr_']))),
  'github fine-grained': token((r) => `github_pat_${chars(r, BASE62, 22)}_${chars(r, BASE62, 59)}`),
  'gitlab token': token((r) => pick(r, ['glpat-', 'gldt-', 'glrt-', 'glptt-', 'glsoat-']) + chars(r, URL64, 20)),
  'bitbucket app password': token((r) => `ATBB${chars(r, BASE62, 24)}${hex(r, 8).toUpperCase()}`),
  'npm token': token((r) => checked(r, 'npm_')),
  'pypi token': token((r) => `pypi-AgEIcHlwaS5vcmc${chars(r, URL64, 140)}`),
  'rubygems key': token((r) => `rubygems_${hex(r, 48)}`),
  'crates.io token': token((r) => `cio${chars(r, BASE62, 32)}`),
  'openai key (old)': token((r) => `sk-${chars(r, BASE62, 20)}T3BlbkFJ${chars(r, BASE62, 20)}`),
  'openai key (project)': token((r) => `sk-${pick(r, ['proj', 'svcacct', 'admin'])}-${chars(r, URL64, 74)}T3BlbkFJ${chars(r, URL64, 74)}`),
  'anthropic key': token((r) => `sk-ant-api03-${chars(r, URL64, 93)}AA`),
  'hugging face token': token((r) => `hf_${chars(r, LOWER + UPPER, 34)}`),
  'cohere key': key('cohere api key', (r) => chars(r, BASE62, 40)),
  'openrouter key': token((r) => `sk-or-v1-${hex(r, 64)}`),
  'groq key': token((r) => `gsk_${chars(r, BASE62, 52)}`),
  'replicate token': token((r) => `r8_${chars(r, BASE62, 37)}`),
  'stripe key': token((r) => `${pick(r, ['sk', 'rk'])}_${pick(r, ['live', 'test'])}_${chars(r, BASE62, pick(r, [24, 99]))}`),
  'stripe webhook secret': token((r) => `whsec_${chars(r, BASE62, 32)}`),
  'square token': token((r) => pick(r, [`EAAA${chars(r, URL64, 60)}`, `sq0csp-${chars(r, URL64, 43)}`])),
  'paypal token': token((r) => `access_token$production$${chars(r, LOWER + DIGIT, 16)}$${hex(r, 32)}`),
  'slack bot token': token((r) => `xoxb-${chars(r, DIGIT, 12)}-${chars(r, DIGIT, 13)}-${chars(r, BASE62, 24)}`),
  'slack user token': token((r) => `xoxp-${chars(r, DIGIT, 12)}-${chars(r, DIGIT, 12)}-${chars(r, DIGIT, 13)}-${hex(r, 32)}`),
  'slack webhook': (r) => around('', `https://hooks.slack.com/services/T${chars(r, DIGIT + UPPER, 8)}/B${chars(r, DIGIT + UPPER, 10)}/${chars(r, BASE62, 24)}`),
  'discord bot token': token((r) => `${url64(`1${chars(r, DIGIT, 17)}`)}.${chars(r, URL64, 6)}.${chars(r, URL64, 38)}`),
  'discord webhook': token((r) => `https://discord.com/api/webhooks/1${chars(r, DIGIT, 17)}/${chars(r, URL64, 68)}`),
  'telegram bot token': token((r) => `${between(r, 10_000_000, 9_999_999_999)}:AA${chars(r, URL64, 33)}`),
  'twilio key': token((r) => `SK${hex(r, 32)}`),
  'twilio auth token': key('twilio auth token', (r) => hex(r, 32)),
  'sendgrid key': token((r) => `SG.${chars(r, URL64, 22)}.${chars(r, URL64, 43)}`),
  'mailgun key': token((r) => pick(r, [`key-${hex(r, 32)}`, `${hex(r, 32)}-${hex(r, 8)}-${hex(r, 8)}`])),
  'mailchimp key': token((r) => `${hex(r, 32)}-us${between(r, 1, 21)}`),
  'datadog key': key('datadog api key', (r) => hex(r, 32)),
  'new relic key': token((r) => `NRAK-${chars(r, UPPER + DIGIT, 27)}`),
  'sentry dsn secret': (r) => {
    const secret = hex(r, 32);
    return around(`https://${hex(r, 32)}:`, secret, `@o${chars(r, DIGIT, 6)}.ingest.sentry.io/${chars(r, DIGIT, 7)}`);
  },
  'sentry token': token((r) => `sntryu_${hex(r, 64)}`),
  'linear key': token((r) => `lin_api_${chars(r, BASE62, 40)}`),
  'notion token': token((r) => pick(r, [`secret_${chars(r, BASE62, 43)}`, `ntn_${chars(r, DIGIT, 11)}${chars(r, BASE62, 35)}`])),
  'airtable token': token((r) => `pat${chars(r, BASE62, 14)}.${hex(r, 64)}`),
  'atlassian token': token((r) => `ATATT3xFfGF0${chars(r, URL64, 171)}=${hex(r, 8).toUpperCase()}`),
  'shopify token': token((r) => pick(r, ['shpat_', 'shpca_', 'shppa_', 'shpss_']) + hex(r, 32)),
  'okta token': key('okta api token', (r) => `00${chars(r, URL64, 40)}`),
  'auth0 client secret': key('auth0 client secret', (r) => chars(r, URL64, 64)),
  'cloudflare token': key('cloudflare api token', (r) => chars(r, URL64, 40)),
  'heroku key': token((r) => pick(r, [`HRKU-AA${chars(r, URL64, 58)}`, `HRKU-${uuid(r)}`])),
  'netlify token': token((r) => `nfp_${chars(r, BASE62, 36)}`),
  'vercel token': key('vercel token', (r) => chars(r, BASE62, 24)),
  'fly token': token((r) => pick(r, [`fo1_${chars(r, URL64, 43)}`, `FlyV1 fm2_${chars(r, BASE64, 200)}=`])),
  'doppler token': token((r) => `dp.${pick(r, ['pt', 'st.dev', 'ct', 'sa'])}.${chars(r, BASE62, 43)}`),
  'vault token': token((r) => `${pick(r, ['hvs', 'hvb'])}.${chars(r, URL64, 95)}`),
  'pulumi token': token((r) => `pul-${hex(r, 40)}`),
  'terraform cloud token': token((r) => `${chars(r, BASE62, 14)}.atlasv1.${chars(r, BASE62, 67)}`),
  'grafana token': token((r) => pick(r, [`glsa_${chars(r, BASE62, 32)}_${hex(r, 8)}`, `glc_${url64(JSON.stringify({ o: chars(r, DIGIT, 6), n: 'token', k: chars(r, BASE62, 24), m: { r: 'eu' } }))}`])), // biome-ignore format: one piece
  'databricks token': token((r) => `dapi${hex(r, 32)}${pick(r, ['', '-2'])}`),
  'supabase token': token((r) => pick(r, [`sbp_${hex(r, 40)}`, `sb_secret_${chars(r, URL64, 22)}_${chars(r, URL64, 8)}`])),
  'planetscale password': token((r) => `pscale_${pick(r, ['tkn', 'pw', 'oauth'])}_${chars(r, URL64, 43)}`),
  'postman key': token((r) => `PMAK-${hex(r, 24)}-${hex(r, 34)}`),
  'docker token': token((r) => `dckr_pat_${chars(r, URL64, 27)}`),
  'tailscale key': token((r) => `tskey-auth-k${chars(r, BASE62, 11)}CNTRL-${chars(r, BASE62, 32)}`),
  'mongodb url': (r) => { const secret = password(r).replaceAll(/[#%?/]/g, 'x'); return around(`mongodb+srv://${user(r)}:`, secret, `@${host(r)}/prod?retryWrites=true`); }, // biome-ignore format: one piece
  'postgres url': (r) => { const secret = password(r).replaceAll(/[#%?/]/g, 'x'); return around(`postgresql://${user(r)}:`, secret, `@${host(r)}:5432/app`); }, // biome-ignore format: one piece
  'password in a web address': (r) => { const secret = password(r).replaceAll(/[#%?/]/g, 'x'); return around(`https://${user(r)}:`, secret, `@git.corp.net/team/repo.git`); }, // biome-ignore format: one piece
  'connection string': (r) => around(`Server=tcp:sql.corp.net,1433;Database=erp;User Id=${user(r)};Password=`, password(r).replaceAll(/[;'"]/g, 'x'), ';Encrypt=True;'),
  'pem private key': token((r) => pem(r, pick(r, ['RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'DSA PRIVATE KEY']))),
  'openssh private key': token((r) => pem(r, 'OPENSSH PRIVATE KEY')),
  'pgp private key': token((r) => pem(r, 'PGP PRIVATE KEY BLOCK', 'Version: GnuPG v2')),
  'age key': token((r) => `AGE-SECRET-KEY-1${chars(r, BECH32, 58)}`),
  'putty key': (r) => {
    const lines = Array.from({ length: 6 }, () => chars(r, BASE64, 64)).join('\n');
    return around(`PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nComment: imported\nPublic-Lines: 1\nAAAAB3NzaC1yc2E=\nPrivate-Lines: 6\n`, lines, `\nPrivate-MAC: ${hex(r, 40)}`); // biome-ignore format: one piece
  },
  jwt: token(jwt),
  'bearer header': (r) => around(`${pick(r, ['Authorization: ', 'authorization: ', "-H 'Authorization: "])}Bearer `, chars(r, BASE62, between(r, 24, 64))),
  'basic header': (r) => around('Authorization: Basic ', Buffer.from(`${user(r)}:${password(r)}`).toString('base64')),
  'password assignment': (r) => named(r, pick(r, ['password', 'db password', 'admin password', 'smtp pass', 'redis password']), password(r)),
  'secret assignment': (r) => named(r, pick(r, ['client secret', 'session secret', 'jwt secret', 'signing key', 'encryption key']), chars(r, BASE62, between(r, 24, 64))),
  'api key assignment': (r) => named(r, pick(r, ['api key', 'acme api key', 'service token', 'auth token', 'access token']), pick(r, [hex(r, 32), chars(r, BASE62, 32), chars(r, URL64, 43)])),
  netrc: (r) => around(`machine ${host(r)}\n  login ${user(r)}\n  password `, password(r)),
  pgpass: (r) => around(`${host(r)}:5432:app:${user(r)}:`, password(r).replaceAll(':', 'x')),
  'ssh passphrase': (r) => around(pick(r, ['passphrase: ', 'SSH passphrase: ', 'key passphrase = ']), pick(r, [password(r), `${pick(r, WORDS)} ${pick(r, WORDS)} ${pick(r, WORDS)} ${pick(r, WORDS)}`])),
  'curl login': (r) => around(`curl -u ${user(r)}:`, password(r).replaceAll(/['"$!#]/g, 'x'), ' https://api.corp.net/v1/items'),
  'payment card': token(card),
  iban: token(iban),
  'engram key': token((r) => pick(r, ['eg_', 'engram_']) + hex(r, pick(r, [32, 64]))),
  'sqlcipher key': (r) => around(`PRAGMA key = "x'`, hex(r, 64), `'"`),
  'totp seed': (r) => { const secret = chars(r, BASE32, pick(r, [16, 32])); return around(`otpauth://totp/Corp:alice?secret=`, secret, '&issuer=Corp'); }, // biome-ignore format: one piece
  'session cookie': (r) => around(pick(r, ['Set-Cookie: sid=', 'Cookie: theme=dark; sessionid=', 'Set-Cookie: connect.sid=s%3A']), chars(r, BASE62, between(r, 26, 48)), '; Path=/; HttpOnly'),
  'seed phrase': (r) => around(pick(r, ['seed phrase: ', 'recovery phrase: ', 'mnemonic: ']), Array.from({ length: pick(r, [12, 24]) }, () => pick(r, seed)).join(' ')),
  'social security number': (r) => around(pick(r, ['SSN: ', 'social security number ', 'SSN ']), `${between(r, 100, 665)}-${between(r, 10, 99)}-${between(r, 1000, 9999)}`),
}; // biome-ignore format: one line a kind

export const hashOf = (text: string, algorithm: 'sha1' | 'sha256' | 'md5'): string =>
  createHash(algorithm).update(text).digest('hex');
