import { describe, expect, it } from '@jest/globals';
import { readNameChanges } from '../src/relay/sql-names.ts';

const statement = (name?: string) => ({ what: 'statement', name });
const portal = (name?: string) => ({ what: 'portal', name });

describe('the names that a statement gives or takes', () => {
  it.each([
    ['PREPARE s AS SELECT 1', [statement('s')]],
    ['prepare S(int) AS SELECT 1', [statement('s')]],
    ['PREPARE "S ""x" AS SELECT 1', [statement('S "x')]],
    ['  -- x\n /* y /* z */ ; */\tPREPARE s AS SELECT 1', [statement('s')]],
    ['DEALLOCATE s', [statement('s')]],
    ['DEALLOCATE s ', [statement('s')]],
    ['DEALLOCATE PREPARE s', [statement('s')]],
    ['DEALLOCATE prepare', [statement('prepare')]],
    ['DEALLOCATE ALL', [statement()]],
    ['DEALLOCATE PREPARE ALL', [statement()]],
    ['DEALLOCATE "all"', [statement('all')]],
    ['DEALLOCATE alle', [statement('alle')]],
    ['DECLARE c CURSOR FOR SELECT 1', [portal('c')]],
    ['DECLARE c BINARY INSENSITIVE SCROLL CURSOR WITH HOLD FOR SELECT 1', [portal('c')]],
    ['CLOSE c', [portal('c')]],
    ['CLOSE ALL', [portal()]],
    ['DISCARD ALL', [statement(), portal()]],
    ['DISCARD PLANS', []],
    ['discard temp', []],
  ])('are those of %j', (text, changes) => {
    expect(readNameChanges(text)).toEqual(changes);
  });

  it.each([
    ['DEALLOCATE/**/s', [statement()]],
    ['DEALLOCATE -- x\n s', [statement()]],
    ['PREPARE größe AS SELECT 1', [statement()]],
    ['PREPARE "größe" AS SELECT 1', [statement()]],
    ['PREPARE U&"s" AS SELECT 1', [statement()]],
    [`PREPARE ${'n'.repeat(64)} AS SELECT 1`, [statement()]],
    ['DECLARE U&"\\0063" CURSOR FOR SELECT 1', [portal()]],
    ['CLOSE "a', [portal()]],
    ['DISCARD/**/PLANS', [statement(), portal()]],
  ])('are all where it is not plain: %j', (text, changes) => {
    expect(readNameChanges(text)).toEqual(changes);
  });

  it.each([
    ...['', ' ', 'SELECT 1', 'select prepare', 'INSERT INTO close VALUES (1)', '-- PREPARE s'],
    ...['DELETE FROM prepare', 'CREATE TABLE declare (a int)', 'COMMIT', 'DO $$ $$', 'prepared s'],
    ...[
      '(SELECT 1)',
      '/* DEALLOCATE s */ SELECT 1',
      '/* unfinished DEALLOCATE s',
      'closer c',
      'close$ c',
    ],
  ])('are none: %j', (text) => {
    expect(readNameChanges(text)).toEqual([]);
  });
});
