// A YubiKey's answer to a challenge (HMAC-SHA1, slot 2), through the programs that come with it.
import { spawn } from 'node:child_process';
import { DatabaseError } from '../db/dialect.ts';

const PROGRAMS: readonly { name: string; args(challenge: string): string[] }[] = [
  { name: 'ykchalresp', args: (challenge) => ['-2', '-x', challenge] },
  { name: 'ykman', args: (challenge) => ['otp', 'calculate', '2', challenge] },
];

export interface YubikeyOptions {
  timeout_ms: number;
  /** Tells the person in front of it what to do. */
  tell(text: string): void;
}

type Outcome = { answer: Buffer } | { missing: true } | { failed: string };

function asked(name: string, args: string[], timeout_ms: number): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    const timer = setTimeout(() => {
      resolve({ failed: `did not answer within ${timeout_ms / 1000} s` });
      child.kill('SIGKILL');
    }, timeout_ms);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.on('error', (error: { code?: string; message: string }) => {
      clearTimeout(timer);
      resolve(error.code === 'ENOENT' ? { missing: true } : { failed: `cannot be run (${error.message})` });
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const digits = /^\s*([0-9a-f]{40})\s*$/i.exec(out)?.[1];
      if (code === 0 && digits) resolve({ answer: Buffer.from(digits, 'hex') });
      else {
        const said = err.trim().split('\n')[0]!.slice(0, 200);
        resolve({ failed: said ? `says "${said}"` : `ended with exit code ${code} and no answer` });
      }
    });
  });
}

/**
 * @returns 20 bytes
 * @throws DatabaseError that says what to plug in, touch or install
 */
export async function askYubikey(challenge: Buffer, { timeout_ms, tell }: YubikeyOptions): Promise<Buffer> {
  tell('Touch your YubiKey if it blinks.');
  for (const { name, args } of PROGRAMS) {
    const outcome = await asked(name, args(challenge.toString('hex')), timeout_ms);
    if ('answer' in outcome) return outcome.answer;
    if ('missing' in outcome) continue;
    throw new DatabaseError(
      `The YubiKey did not unlock the store: ${name} ${outcome.failed}. Plug in the key whose slot 2 is programmed for HMAC-SHA1, touch it when it blinks, and try again; ENGRAM_DB_RECOVERY_KEY opens the store without it.`,
    );
  }
  throw new DatabaseError(
    'ENGRAM_ENCRYPTION_MODE is yubikey, but neither ykchalresp nor ykman can be run: install yubikey-personalization or yubikey-manager.',
  );
}
