// Programs with the names of those that come with a YubiKey: they answer a challenge as one with a known secret would.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const program = (body: string): string => `#!${process.execPath}
const { createHmac } = require('node:crypto');
const args = process.argv.slice(2);
${body}`;

/** @param secret hex. @returns a folder for PATH */
export function fakeYubikey(dir: string, name: 'ykchalresp' | 'ykman', secret: string): string {
  const usual = name === 'ykchalresp' ? `['-2', '-x']` : `['otp', 'calculate', '2']`;
  return install(
    dir,
    name,
    `const usual = ${usual};
if (args.length !== usual.length + 1 || usual.some((word, i) => args[i] !== word)) throw new Error('called in another way');
const challenge = Buffer.from(args.at(-1), 'hex');
console.log(createHmac('sha1', Buffer.from('${secret}', 'hex')).update(challenge).digest('hex'));`,
  );
}

/** One that says what is wrong. */
export const failingYubikey = (dir: string): string =>
  install(dir, 'ykchalresp', `console.error('Yubikey core error: no yubikey present'); process.exit(1);`);

/** One that nobody touches. */
export const untouchedYubikey = (dir: string): string => install(dir, 'ykchalresp', 'setInterval(() => {}, 1000);');

function install(dir: string, name: string, body: string): string {
  const folder = join(dir, `bin-${crypto.randomUUID()}`);
  mkdirSync(folder);
  writeFileSync(join(folder, name), program(body));
  chmodSync(join(folder, name), 0o755);
  return folder;
}
