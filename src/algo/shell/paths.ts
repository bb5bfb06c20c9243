// Which folders no command may take away as a whole, however their path is written.
import { UNKNOWN } from './command.ts';

/** With everything below them. */
const SYSTEM = new Set([
  'etc', 'usr', 'opt', 'boot', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'var', 'root', 'sys', 'proc', 'dev', 'srv', 'run', 'system', 'library',
  'applications', 'windows',
]); // biome-ignore format: a list
/** Below these lie the homes of users. */
const HOMES = new Set(['home', 'users']);
/** Working space in the middle of the system. */
const FREE = /^\/(?:var\/tmp|var\/folders|dev\/shm|run\/user\/\d+|usr\/src|opt\/[^/]+\/tmp)\/./;
/** Folders of a home that hold more than work in progress. */
const PRECIOUS =
  /^(?:\.ssh|\.gnupg|\.config|\.local|\.aws|\.kube|\.password-store|documents|desktop|pictures|library|\*|\.\*|)$/i;

/** Absolute or from home, without `.`, `..` and doubled slashes; null when it cannot be told where it leads. */
export function resolvePath(path: string, cwd: string | null): string | null {
  let full = path;
  if (!/^[/~]/.test(path)) {
    if (cwd === null || !/^[/~]/.test(cwd)) return null;
    full = `${cwd}/${path}`;
  }
  const home = full.startsWith('~');
  const parts: string[] = [];
  for (const part of full.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      // Above a home are the homes of all.
      if (home && parts.length === 1) return '/home';
      parts.pop();
    } else parts.push(part);
  }
  return home ? parts.join('/') : `/${parts.join('/')}`;
}

const hasGlob = (part: string): boolean => /[*?[]/.test(part);

/** A folder that must stay, or lies in one of the system's. */
export function isProtected(path: string, cwd: string | null = null): boolean {
  if (/^(?:\.\.\/?)+(?:\*)?$/.test(path) && cwd === null) return true;
  const full = resolvePath(path, cwd);
  if (full === null) return false;
  if (full.startsWith('~')) {
    const [, first = '', ...rest] = full.split('/');
    return rest.length === 0 && PRECIOUS.test(first);
  }
  const [first = '', second = '', third = '', ...rest] = full.slice(1).split('/');
  if (first === '' || hasGlob(first)) return true;
  const root = first.toLowerCase();
  if (HOMES.has(root)) return rest.length === 0 && (third === '' || PRECIOUS.test(third)) && second !== UNKNOWN;
  return SYSTEM.has(root) && !FREE.test(full);
}

/** `/`, a folder right below it, or everything in one of both. */
export function isRoot(path: string, cwd: string | null = null): boolean {
  const full = resolvePath(path, cwd)?.replace(/\/(?:\*|\.\*)$/, '');
  if (full === undefined || full === null || full.startsWith('~')) return false;
  const parts = full.split('/').filter(Boolean);
  if (parts.length === 0) return true;
  const first = parts[0]!.toLowerCase();
  return parts.length === 1 && (SYSTEM.has(first) || HOMES.has(first) || hasGlob(first));
}

const DISK =
  /^\/dev\/(?:sd[a-z]|hd[a-z]|vd[a-z]|xvd[a-z]|nvme\d|mmcblk\d|r?disk\d|md\d|dm-\d|mapper\/.|disk\/.|nbd\d|zd\d)/;
/** A disk or a part of one. */
export const isDisk = (path: string): boolean => DISK.test(resolvePath(path, null) ?? '');
