// Texts as agents store them, half of them with one secret, half with what merely looks like one.
import { between, pick, type Random, seeded } from './random.ts';
import { chars, hashOf, type Planted, SECRET_KINDS, uuid } from './secret-kinds.ts';

export interface SecretText {
  /** Null for a text without a secret. */
  kind: string | null;
  text: string;
  secret: string | null;
}

const PROSE = [
  'We moved the nightly export to the new cluster because the old one ran out of disk.',
  'Alice prefers dark mode and wants the weekly report on Mondays before nine.',
  'The deploy failed twice; the second time the health check timed out after 30 seconds.',
  'Remember to rotate the credentials every quarter and to tell the operations team.',
  'The password policy asks for twelve characters, and tokens expire after an hour.',
  'The secret to a good review is to read the tests first.',
  'Bob asked whether the API key is needed for the public endpoints; it is not.',
  'Latency went from 120 ms to 45 ms once the index was there.',
  'The key insight of the paper is that retrieval beats a longer context.',
];
const CODE = [
  'const token = await getToken(user.id);\nif (!token) throw new Error("no token");',
  'password = os.environ["DB_PASSWORD"]',
  'export interface Login { password: string; token?: string; apiKey: string | null }',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as workflows write it
  'api_key: ${{ secrets.API_KEY }}',
  'secret := viper.GetString("auth.secret")',
  'if (password === confirmation) return hash(password);',
  'token = self.tokenizer.next_token()\nself.assertEqual(token.kind, TokenKind.NAME)',
  'apiKey: process.env.SERVICE_API_KEY,',
];
const LOGS = [
  '2026-03-02T12:00:00.123Z INFO  request done status=200 took=34ms path=/v1/items',
  '[2026-03-02 12:00:01] WARN retry 3/5 after ECONNRESET',
  'time="2026-03-02T12:00:02Z" level=error msg="token refresh failed" attempt=2',
];
const CONFIG = [
  'server:\n  host: 0.0.0.0\n  port: 8080\n  timeout: 30s',
  '[database]\npool_size = 20\nstatement_timeout = "15s"',
  '# .env\nNODE_ENV=production\nLOG_LEVEL=info\nPASSWORD_MIN_LENGTH=12\nTOKEN_TTL=3600',
];
const AROUND = [PROSE, PROSE, CODE, LOGS, CONFIG];

/** What stays: none of these is a secret. */
const LOOK_ALIKES: readonly ((r: Random) => string)[] = [
  (r) => `request_id=${uuid(r)}`,
  (r) => `trace ${uuid(r)} took 12 ms`,
  (r) => `The fix is in commit ${hashOf(chars(r, 'abc', 9), 'sha1')}.`,
  (r) => `git cherry-pick ${hashOf(chars(r, 'abc', 9), 'sha1').slice(0, 8)}`,
  (r) => `sha256:${hashOf(chars(r, 'abc', 9), 'sha256')}`,
  (r) => `md5sum of the dump: ${hashOf(chars(r, 'abc', 9), 'md5')}`,
  (r) => `integrity sha512-${chars(r, 'ABCdef0123456789+/', 86)}==`,
  (r) => `<img src="data:image/png;base64,iVBORw0KGgo${chars(r, 'ABCDEFabcdef0123456789+/', 200)}">`,
  (r) => `upgraded to v${between(r, 1, 20)}.${between(r, 0, 30)}.${between(r, 0, 90)}-rc.${between(r, 1, 9)}+build.${between(r, 1000, 9999)}`,
  (r) => `Call +1 (555) ${between(r, 200, 999)}-${between(r, 1000, 9999)} or +49 30 ${between(r, 1_000_000, 9_999_999)}.`,
  (r) => `OPENAI_API_KEY=${pick(r, ['sk-...', 'sk-your-key-here', '<your-api-key>', 'xxxxxxxxxxxxxxxx', '$OPENAI_KEY', 'your_api_key_here'])}`,
  () => 'aws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  (r) => `password: ${pick(r, ['********', '<password>', 'changeme', 'string', 'required', '$DB_PASSWORD', 'null', '{{ vault_password }}'])}`,
  (r) => `curl -H "Authorization: Bearer ${pick(r, ['$TOKEN', '<token>', 'YOUR_TOKEN', '{token}', 'eyJ...'])}" https://api.example.com`,
  (r) => `postgres://${pick(r, ['user:password', 'user:pass', '$USER:$PASS', 'username:<password>'])}@localhost:5432/db`,
  (r) => `order ${between(r, 100000, 999999)}-${between(r, 100000, 999999)}, invoice ${chars(r, '0123456789', 10)}`,
  (r) => `tracking number 1Z${chars(r, 'ABCDEFGH0123456789', 16)}`,
  (r) => `epoch ${between(r, 1_600_000_000_000, 1_800_000_000_000)} and id ${between(r, 10_000_000, 99_999_999)}`,
  (r) => `arn:aws:iam::${chars(r, '0123456789', 12)}:role/deploy-${chars(r, 'abcdef', 5)}`,
  (r) => `s3://bucket-${chars(r, 'abcdef', 5)}/year=2026/month=03/part-0000${between(r, 1, 9)}-${uuid(r)}.parquet`,
  () => 'secretKeyRef:\n  name: app-secrets\n  key: database-password',
  (r) => `cache_key: user-${between(r, 1, 999)}-profile-v2`,
  () => 'The token count is 8192 and the key size is 2048 bits.',
  () => 'The password is stored in the vault, the token is refreshed hourly, the secret is rotated by cron.',
  () => '-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJ\n-----END CERTIFICATE-----',
  (r) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA${chars(r, 'ABCDEFabcdef0123456789+/', 43)} alice@laptop`,
  (r) => `next_page_token=${between(r, 1, 999)} page_size=50`,
  (r) => `foreign key fk_orders_user_id references users(id), primary key orders_pk_${between(r, 1, 99)}`,
  (r) => `docker pull registry.corp.net/app@sha256:${hashOf(chars(r, 'abc', 9), 'sha256')}`,
  (r) => `ISBN 978-3-16-${between(r, 100000, 999999)}-0, phone 030-${between(r, 100000, 999999)}`,
  (r) => `const publicKeyFingerprint = "SHA256:${chars(r, 'ABCDEFabcdef0123456789', 43)}";`,
  (r) => `mac 00:1a:2b:${chars(r, '0123456789', 2)}:4d:5e, ip 10.0.${between(r, 0, 255)}.${between(r, 0, 255)}, 2001:db8::${chars(r, '0123456789abcdef', 4)}`,
  () => 'Use tokens such as ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx or glpat-XXXXXXXXXXXXXXXXXXXX.',
  (r) => `etag "W/${chars(r, '0123456789abcdef', 32)}" last-modified yesterday`,
  () => 'tokenizer: o200k_base, access token lifetime: 3600, refresh token lifetime: 86400',
  (r) => `session_id: run-${between(r, 1, 99)}-${chars(r, '0123456789abcdef', 8)}`,
]; // biome-ignore format: one line a kind

/** Between other lines, in a sentence, or alone. */
function placed(r: Random, piece: string, secret: boolean): string {
  const line = () => pick(r, pick(r, AROUND));
  const alone = piece.includes('\n') || !secret;
  const said = alone || r() < 0.5 ? piece : pick(r, [`Here it is: ${piece}`, `${piece} (do not share)`, `he sent ${piece}, it works`, `"${piece}"`, `- ${piece}`]);
  const before = Array.from({ length: between(r, 0, 3) }, line);
  const after = Array.from({ length: between(r, 0, 3) }, line);
  return [...before, said, ...after].join('\n');
} // biome-ignore format: a list of frames

/**
 * @param each texts of each kind; as many without a secret come with all of them together
 * @returns the same texts for the same seed
 */
export function secretTexts(seed: number, each: number): SecretText[] {
  const r = seeded(seed);
  const texts: SecretText[] = [];
  for (const [kind, make] of Object.entries(SECRET_KINDS))
    for (let i = 0; i < each; i++) {
      const { secret, text }: Planted = make(r);
      texts.push({ kind, text: placed(r, text, true), secret });
    }
  for (let i = texts.length; i > 0; i--) {
    const pieces = Array.from({ length: between(r, 1, 3) }, () => pick(r, LOOK_ALIKES)(r));
    texts.push({ kind: null, text: placed(r, pieces.join('\n'), false), secret: null });
  }
  return texts;
}
