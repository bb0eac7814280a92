import { Q } from '../frontend-messages.ts';
import { pipeline, type Scenario, simple } from './scenario.ts';

export const SIMPLE: readonly Scenario[] = [
  simple('simple-single', 'SELECT 1 AS one', 'SELECT 1;', 'SELECT 2 ; ', 'SET work_mem = 4096'),
  simple(
    'simple-several',
    "SELECT 1; SELECT 2 AS b, 'x' AS c; VALUES (1), (2), (3)",
    ';;SELECT 4;;',
  ),
  simple(
    'simple-empty',
    '',
    ';',
    ';;',
    ' ',
    '-- nothing',
    '/* a; b */',
    '/* a */ ; -- b',
    ' ; /* x */',
  ),
  simple('simple-error-first', 'SELECT 1/0; SELECT 2', 'SELECT 3'),
  simple('simple-error-middle', 'SELECT 1; SELECT 1/0; SELECT 2', 'SELECT 3'),
  simple('simple-error-last', 'CREATE TEMP TABLE t (a int); INSERT INTO t VALUES (1); SELECT 1/0'),
  simple('simple-error-after-rows', 'SELECT 1/(3 - i) FROM generate_series(1, 5) i; SELECT 7'),
  simple('simple-syntax-error', 'SELECT 1; SELEC 2; SELECT 3', "SELECT 'open"),
  simple('simple-transaction', 'BEGIN', 'SELECT 1', 'COMMIT', 'BEGIN; SELECT 1; ROLLBACK'),
  simple('simple-failed-transaction', 'BEGIN', 'SELECT 1/0', 'SELECT 2', 'SAVEPOINT a', 'ROLLBACK'),
  simple(
    'simple-mixed-transaction',
    'SELECT 1; BEGIN; SELECT 2',
    'SELECT 3; COMMIT; SELECT 4; SELECT 1/0',
  ),
  simple('simple-no-columns', 'SELECT', 'SELECT FROM generate_series(1, 3)', 'VALUES (NULL)'),
  simple(
    'simple-rule-with-select',
    'CREATE TEMP TABLE r (a int); CREATE RULE also AS ON INSERT TO r DO ALSO (SELECT 1 AS x; SELECT 2 AS y)',
    'INSERT INTO r VALUES (1); SELECT 3',
  ),
  simple('simple-large-rows', "SELECT repeat('weir', 9000) AS big, i FROM generate_series(1, 2) i"),
  simple('simple-many-rows', "SELECT i, repeat('x', 10) FROM generate_series(1, 1500) i"),
  pipeline(
    'simple-pipeline',
    4,
    Q('SELECT 1'),
    Q('SELECT 1/0; SELECT 2'),
    Q(''),
    Q('SELECT 3; SELECT 4'),
  ),
];
