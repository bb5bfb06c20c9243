// Passwords in addresses and in the files that log in: URLs, `.pgpass`, `.netrc`, `curl -u`.
import { isStandIn, looksChosen } from './doubt.ts';
import { announced, type Rule } from './rule.ts';

/** As manuals write them; a short or plain one is somebody's all the same. */
const TAUGHT =
  /^(?:pass(?:word|wd)?|secret|pw|pwd|postgres|mysql|root|test|user|guest|example|changeme|admin|redis|abc|xyz|123|\*+|x+|\.+)$/i;
const usable = (password: string): boolean => password.length >= 3 && !TAUGHT.test(password) && !isStandIn(password);

const LOGIN = /([^\s:@/"'<>[\](){}]{0,128}):([^\s@/"'<>`]{1,256})@[A-Za-z0-9[_%$.-]/y;
const url: Rule = {
  kind: 'url-password',
  anchors: ['://'],
  find(text, at) {
    LOGIN.lastIndex = at + 3;
    const match = LOGIN.exec(text);
    if (!match || !usable(match[2]!)) return null;
    const start = at + 3 + match[1]!.length + 1;
    return { start, end: start + match[2]!.length };
  },
};

const PGPASS =
  /(?:^|(?<=[\s"'`]))([A-Za-z0-9_.*-]{1,128}):(?:\d{2,5}|\*):([\w*.-]{1,64}):([\w*.@-]{1,64}):([^\s:"'`]{3,128})/y;
/** A line `host:port:database:user:password`; the ports of databases announce it. */
const pgpass: Rule = {
  kind: 'pgpass',
  anchors: [':5432:', ':5433:', ':6432:', ':6543:'],
  find(text, at) {
    let start = at;
    while (start > 0 && at - start < 128 && /[A-Za-z0-9_.*-]/.test(text[start - 1]!)) start--;
    PGPASS.lastIndex = start;
    const match = PGPASS.exec(text);
    if (!match || !usable(match[4]!)) return null;
    const end = start + match[0].length;
    return { start: end - match[4]!.length, end };
  },
};

const NETRC =
  /([^\s]{1,128})\s{1,8}(?:login\s{1,4}[^\s]{1,128}\s{1,8})?(?:account\s{1,4}[^\s]{1,128}\s{1,8})?password\s{1,4}([^\s"']{3,128})/y;
const netrc: Rule = {
  kind: 'netrc',
  anchors: ['machine '],
  find(text, at, anchor) {
    NETRC.lastIndex = at + anchor.length;
    const match = NETRC.exec(text);
    if (!match || !usable(match[2]!)) return null;
    const end = at + anchor.length + match[0].length;
    return { start: end - match[2]!.length, end };
  },
};

const chosen = (value: string): boolean => looksChosen(value, true) && usable(value);

export const ADDRESSES: readonly Rule[] = [
  url,
  pgpass,
  netrc,
  announced('command-line-password', ['curl '], "(?:[^\\n|;]{0,200}? )?(?:-u|--user)[ =]?[\"']?[\\w.@-]{1,64}:", '[^\\s"\'`]{4,128}', { check: chosen }), // biome-ignore format: one line
  announced('command-line-password', ['sshpass -p', 'mysql -p', 'PGPASSWORD=', '--password=', '--password ', 'MYSQL_PWD='], "[ ]?[\"']?", '[^\\s"\'`;|]{4,128}', { check: chosen }), // biome-ignore format: one line
];
