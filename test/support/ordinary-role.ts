// A role of Postgres as people give it to a program: it owns its schema and no more, so row guards hold for it as well.
import { Client } from 'pg';
import { freshSchemaUrl, postgresUrl } from './databases.ts';

export interface OrdinaryRole {
  /** Of a schema with nothing in it. */
  url: string;
  /** Takes the role away, and what it owns. */
  remove(): Promise<void>;
}

/** As the role that tests on a real Postgres have, which may do everything. */
export async function asSuperuser(...statements: string[]): Promise<void> {
  const client = new Client({ connectionString: postgresUrl()! });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

export async function ordinaryRole(): Promise<OrdinaryRole> {
  const url = new URL(await freshSchemaUrl());
  const schema = /search_path=(\w+)/.exec(url.searchParams.get('options')!)![1]!;
  const name = `ordinary_${crypto.randomUUID().slice(0, 8)}`;
  await asSuperuser(`create role ${name} login password '${name}'`, `alter schema ${schema} owner to ${name}`);
  url.username = name;
  url.password = name;
  return {
    url: url.href,
    remove: () => asSuperuser(`drop owned by ${name} cascade`, `drop role ${name}`),
  };
}
