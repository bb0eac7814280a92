import { describeDriver } from '../src/describe-driver.ts';
import { nodeProgram } from '../src/driver-programs.ts';

describeDriver({
  name: 'psql',
  needs: ['psql', 'pg_dump'],
  prepare: () => nodeProgram('psql'),
  checks: [
    'tls-login',
    'simple-query',
    'several-statements',
    'prepared-unnamed',
    'prepared-named',
    'prepared-again',
    'prepared-error',
    'cursor',
    'cursor-error',
    'copy-in',
    'copy-out',
    'copy-in-error',
    'copy-out-error',
    'cancel',
    'notify',
    'large-object',
    'big-statement',
    'savepoint',
    'notices',
    'transaction-status',
  ],
  versionChecks: { '15': ['dump', 'big-result'] },
});
