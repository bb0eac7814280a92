import { describeDriver } from '../src/describe-driver.ts';
import { nodeProgram } from '../src/driver-programs.ts';

describeDriver({
  name: 'postgres.js',
  needs: [],
  prepare: () => nodeProgram('postgres-js'),
  checks: [
    'tls-login',
    'simple-query',
    'several-statements',
    'prepared-unnamed',
    'prepared-named',
    'prepared-error',
    'pipeline',
    'pipeline-error',
    'cursor',
    'cursor-closed-early',
    'copy-in',
    'copy-out',
    'copy-in-error',
    'copy-in-aborted',
    'copy-out-error',
    'cancel',
    'binary-values',
    'notify',
    'large-object',
    'big-statement',
    'many-parameters',
    'savepoint',
    'notices',
  ],
  versionChecks: { '17': ['big-result', 'big-value'] },
});
