import { DRIVER_CHECKS } from '../src/checks.ts';
import { describeDriver } from '../src/describe-driver.ts';
import { nodeProgram } from '../src/driver-programs.ts';

describeDriver({
  name: 'postgres.js',
  needs: [],
  prepare: () => nodeProgram('postgres-js'),
  checks: DRIVER_CHECKS,
  cannot: {
    'cancel-copy': 'its queries forget their cancel when a copy begins',
    'savepoint-binary': 'it sends every value as text',
  },
  versionChecks: {
    '17': [
      'big-result',
      'savepoint-big-result',
      'big-value',
      'savepoint-big-value',
      'big-parameter',
    ],
  },
});
