// Tables and databases that would be dropped, in SQL that is handed to a client.
import { argsOf, type Command, nameOf, outputOf } from '../command.ts';
import { danger, type Rule } from '../rule.ts';

const CLIENTS =
  /^(?:psql|mysql|mariadb|sqlite3?|sqlcipher|sqlcmd|duckdb|clickhouse-client|clickhouse|cockroach|usql|pgcli|mycli|litecli|sqlplus|isql|bq|snowsql|mssql-cli)$/;

/** Statements without comments and without what stands in quotes. */
const bare = (sql: string): string =>
  sql
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/--[^\n]*/g, ' ')
    .replace(/'(?:[^']|'')*'/g, "''")
    .toLowerCase();

const DROPS = /(?:^|;|\s)drop\s+(table|database|schema|keyspace)\b/;
const EMPTIES = /(?:^|;)\s*(?:truncate\s+(?:table\s+)?\w|delete\s+from\s+[\w."`]+\s*(?:;|$))/;

function sqlOf(command: Command): string[] {
  const texts = [...argsOf(command).map((arg) => arg.replace(/^(?:--[a-z-]+=|-[ceqQ](?=\S))/, ''))];
  if (command.stdin !== null) texts.push(command.stdin);
  for (const input of [...command.input, ...command.redirects.flatMap(({ target }) => target.inner)]) {
    const said = outputOf(input) ?? input.stdin;
    if (said !== null) texts.push(said);
  }
  return texts.map(bare);
}

const sql: Rule = (command) => {
  const name = nameOf(command);
  if (/^drop(?:db|user)$/.test(name) && argsOf(command).some((arg) => !arg.startsWith('-')))
    return danger('database.drop', 'destructive', 'It drops a database with everything in it.');
  if (/^drop$/i.test(name) && /^(?:table|database|schema)$/i.test(argsOf(command)[0] ?? ''))
    return danger(
      'database.drop',
      'destructive',
      `It drops a ${argsOf(command)[0]!.toLowerCase()} with everything in it.`,
    );
  if (!CLIENTS.test(name)) return null;
  for (const text of sqlOf(command)) {
    const what = DROPS.exec(text);
    if (what) return danger('database.drop', 'destructive', `It drops a ${what[1]} with everything in it.`);
    if (EMPTIES.test(text)) return danger('database.empty', 'risky', 'It deletes every row of a table.');
  }
  return null;
};

export const databaseRules: readonly Rule[] = [sql];
