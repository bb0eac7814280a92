import type { PostgresServer } from '@weir/testkit';

/** What the sample company keeps: people with things to protect, and what they ordered. */
const STATEMENTS = [
  `CREATE TABLE users (
     id integer PRIMARY KEY,
     name text NOT NULL,
     email text NOT NULL,
     ssn text NOT NULL
   )`,
  `CREATE TABLE orders (
     id integer PRIMARY KEY,
     user_id integer NOT NULL REFERENCES users,
     placed_at date NOT NULL,
     total numeric(10, 2) NOT NULL
   )`,
  `INSERT INTO users VALUES
     (1, 'Ines Prado', 'ines@example.com', '412-55-9012'),
     (2, 'Noor Khalil', 'noor@example.com', '309-71-4420'),
     (3, 'Tomas Berg', 'tomas@example.com', '518-20-7781')`,
  `INSERT INTO orders
     SELECT n, n % 3 + 1, date '2026-01-01' + n, n * 3.5
     FROM generate_series(1, 300) AS n`,
];

export async function loadSampleData(server: PostgresServer): Promise<void> {
  for (const statement of STATEMENTS) await server.query(statement);
}
