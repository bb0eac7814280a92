import { describe, expect, it } from '@jest/globals';
import { readAskedTarget } from '../src/asked-target.ts';
import type { StartupParameter } from '../src/protocol/startup.ts';

type Asked = Readonly<Record<string, string>>;

function asked(parameters: Asked): string {
  const list: readonly StartupParameter[] = Object.entries({ user: 'ana', ...parameters });
  return readAskedTarget(list).database;
}

describe('the target that a client asks for', () => {
  it.each<[string, Asked, string]>([
    ['the database', { database: 'orders' }, 'orders'],
    ['the user, without a database', {}, 'ana'],
    ['the user, when the database is empty', { database: '' }, 'ana'],
    [
      'the database of logical replication',
      { database: 'orders', replication: 'database' },
      'orders',
    ],
    [
      'the database that physical replication gives',
      { database: 'orders', replication: 'true' },
      'orders',
    ],
  ])('is %s', (_what, parameters, target) => {
    expect(asked(parameters)).toBe(target);
  });
});

describe('the setting that names a target', () => {
  const PHYSICAL = { database: 'replication', replication: 'true' };

  it.each<[string, Asked]>([
    ['in options', { options: '-c weir.target=orders' }],
    ['in options among others', { options: '-c geqo=off --weir.target=orders -c TimeZone=UTC' }],
    ['as a parameter', { 'weir.target': 'orders' }],
    ['in any case', { 'Weir.Target': 'orders' }],
    ['more than once: the last counts', { options: '-cweir.target=a -cweir.target=orders' }],
    [
      'in options and as a parameter, which counts',
      { 'weir.target': 'orders', options: '-c weir.target=a' },
    ],
    ['beside a database', { 'weir.target': 'orders', database: 'payroll' }],
  ])('counts for physical replication %s', (_how, parameters) => {
    expect(asked({ ...PHYSICAL, ...parameters })).toBe('orders');
  });

  it.each<[string, Asked]>([
    ['when it is empty', { 'weir.target': '' }],
    ['in options that cannot be read', { options: '-c weir.target=orders -S 5' }],
    ['in logical replication', { 'weir.target': 'orders', replication: 'database' }],
    ['when replication is off', { 'weir.target': 'orders', replication: 'off' }],
    ['when replication is neither on nor off', { 'weir.target': 'orders', replication: 'maybe' }],
    ['when there is no replication', { 'weir.target': 'orders', replication: '' }],
  ])('counts for nothing %s', (_when, parameters) => {
    expect(asked({ ...PHYSICAL, ...parameters })).toBe('replication');
  });
});
