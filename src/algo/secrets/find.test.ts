import { describe, expect, it } from 'vitest';
import { secretTexts } from '../../../bench/secret-texts.ts';
import { ADVERSARIES, judge } from '../../../bench/secrets.ts';
import { findSecrets, KINDS } from './find.ts';
import { redact, scrubbed } from './redact.ts';

describe('a generated corpus', () => {
  it('is found again, and what only looks alike stays', () => {
    const { recall, false_positives, kinds } = judge(secretTexts(7, 12));
    expect(kinds.length).toBeGreaterThanOrEqual(60);
    expect(recall).toBeGreaterThanOrEqual(0.98);
    expect(false_positives).toBeLessThanOrEqual(0.005);
  });

  it('is named by more than 60 kinds', () => {
    expect(KINDS.length).toBeGreaterThan(60);
  });
});

describe('what is around a secret', () => {
  it.each([
    ['token ghp_Zq3V8wLk1PpXc7RtY2mBn5Hd9Js4Fg0AeUiO here', 'token [REDACTED:github-token] here'],
    ['postgres://app:Tr0ub4dor-3@db:5432/app', 'postgres://app:[REDACTED:url-password]@db:5432/app'],
    ['{"password": "Tr0ub4dor&3", "user": "x"}', '{"password": "[REDACTED:password]", "user": "x"}'],
    ['card 4012 8888 8888 1881 exp 03/29', 'card [REDACTED:payment-card] exp 03/29'],
    ['pay to DE89 3704 0044 0532 0130 00 today', 'pay to [REDACTED:iban] today'],
  ])('stays readable: %s', (text, left) => {
    expect(redact(text).text).toBe(left);
  });

  it('is counted by kind', () => {
    const key = 'sk_live_9aZbYcXdWeVfUgThSiRjQkPl';
    const { redacted } = redact(`${key} and ${key.replace('9a', '8b')} and 4012888888881881`);
    expect(redacted).toEqual([
      { kind: 'stripe-key', count: 2 },
      { kind: 'payment-card', count: 1 },
    ]);
  });
});

describe('what is no secret', () => {
  it.each([
    'AKIAIOSFODNN7EXAMPLE',
    'sk-...',
    'export OPENAI_API_KEY=<your-key>',
    'password: ********',
    'password: string;',
    'apiKey: process.env.API_KEY,',
    'commit 9fceb02d0ae598e95dc970b74767f19372d61af8',
    'id 4012888888881882',
    'DE88 3704 0044 0532 0130 00',
    'the password is stored in the vault',
    'token = self.tokenizer.next_token()',
    'postgres://user:password@localhost/db',
    'SSN 000-12-3456',
  ])('stays: %s', (text) => {
    expect(findSecrets(text)).toEqual([]);
  });
});

it('takes whatever is assigned, when asked to', () => {
  expect(scrubbed('token=alpha-secret').text).toBe('token=[REDACTED]');
  expect(redact('token=alpha-secret').text).toBe('token=alpha-secret');
  expect(scrubbed('see https://x.example/?page=2, token count 5').text).toBe(
    'see https://x.example/?page=2, token count 5',
  );
});

it('stops early in texts made to keep it busy', () => {
  // Reading far more than the text has would take minutes here, not milliseconds: the limit of the test is the assertion.
  for (const piece of ADVERSARIES) redact(piece.repeat(Math.ceil(400_000 / piece.length)));
});
