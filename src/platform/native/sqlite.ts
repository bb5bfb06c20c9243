// The SQLite driver. The build puts the driver's own entry for one platform in the place of this module: it names its
// native part, where the usual one looks for it on the disk.
import { createRequire } from 'node:module';
import type BetterSqlite from 'better-sqlite3-multiple-ciphers';

export default createRequire(import.meta.url)('better-sqlite3-multiple-ciphers') as typeof BetterSqlite;
