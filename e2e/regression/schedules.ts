/**
 * What the short run covers: tests whose statements show on the wire (copies in both directions,
 * portals, prepared statements, notices, errors inside transactions, large results, cancelled and
 * timed-out statements, notifications, reconnecting psql) and the tests that those build on. Groups
 * stand in the order of the suite's own schedule: a test may use what an earlier group made.
 */
export type SuiteName = 'regress' | 'isolation';

const schedule = (...groups: string[]) => groups.map((group) => `test: ${group}\n`).join('');

export const SUBSET: Readonly<Record<SuiteName, string>> = {
  regress: schedule(
    'test_setup',
    'boolean char name varchar text int4 int8 float8 numeric uuid enum money',
    'strings point date time timetz timestamp timestamptz interval inet',
    'horology regex unicode database encoding',
    'copy copyselect copydml insert insert_conflict',
    'create_function_c create_misc create_operator create_procedure create_table create_type create_schema',
    'create_index create_view',
    'create_aggregate create_function_sql constraints triggers select inherit errors create_am infinite_recurse',
    'sanity_check',
    'select_into select_distinct select_distinct_on select_implicit select_having subselect union case join aggregates transactions portals arrays update delete namespace prepared_xacts',
    'privileges lock matview rowsecurity password',
    'misc async tid merge',
    'rules psql psql_crosstab',
    'portals_p2 foreign_key guc',
    'json jsonb',
    'plancache limit plpgsql copy2 temp prepare conversion sequence returning largeobject with xml',
  ),
  isolation: schedule(
    'read-only-anomaly',
    'simple-write-skew',
    'deadlock-simple',
    'deadlock-hard',
    'deadlock-soft',
    'deadlock-parallel',
    'detach-partition-concurrently-1',
    'fk-deadlock',
    'eval-plan-qual',
    'lock-update-delete',
    'inherit-temp',
    'temp-schema-cleanup',
    'insert-conflict-do-nothing',
    'merge-update',
    'tuplelock-conflict',
    'nowait',
    'skip-locked',
    'drop-index-concurrently-1',
    'create-trigger',
    'async-notify',
    'timeouts',
    'serializable-parallel',
  ),
};
