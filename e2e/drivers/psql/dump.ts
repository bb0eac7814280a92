import { deepStrictEqual, ok } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { psql } from './psql.ts';

const run = promisify(execFile);

const SCHEMA = `
create schema e2e_dump;
create type e2e_dump.mood as enum ('calm', 'wild');
create table e2e_dump.rivers (id serial primary key, name text not null, mood e2e_dump.mood, at timestamptz);
create index on e2e_dump.rivers (name);
create view e2e_dump.calm as select name from e2e_dump.rivers where mood = 'calm';
create function e2e_dump.twice(n int) returns int language sql as 'select n * 2';
insert into e2e_dump.rivers (name, mood, at)
  select 'river ü ' || i, case when i % 2 = 0 then 'calm' else 'wild' end::e2e_dump.mood, timestamptz 'epoch' + i * interval '1 hour'
  from generate_series(1, 5000) i;
`;

async function dumped(): Promise<string> {
  const { stdout } = await run('pg_dump', ['--schema=e2e_dump', '--no-owner'], {
    maxBuffer: 64 * 1024 * 1024,
  });
  // Newer ones restrict what a restoring psql may do, under a key that differs each time.
  return stdout.replace(/^\\(un)?restrict .*$/gm, '');
}

/** pg_dump reads all of it in one transaction, with many catalog queries and COPY. */
export async function dump(): Promise<string> {
  const drop = 'set client_min_messages to warning; drop schema if exists e2e_dump cascade;\n';
  await psql(drop);
  try {
    await psql(SCHEMA);
    const before = await dumped();
    await psql(drop);
    const { stderr } = await psql(before);
    deepStrictEqual(stderr, '');
    const after = await dumped();
    ok(after === before, 'the second dump differs');
    ok(before.includes('river ü 5000\tcalm'));
    return `${before.length} characters`;
  } finally {
    await psql(drop);
  }
}
