import { DRIVER_CHECKS } from '../src/checks.ts';
import { describeDriver } from '../src/describe-driver.ts';
import { nodeProgram } from '../src/driver-programs.ts';

describeDriver({
  name: 'node-postgres',
  needs: [],
  prepare: () => nodeProgram('node-postgres'),
  checks: DRIVER_CHECKS,
  weirChecks: ['direct-tls'],
  versionChecks: {
    '18': ['big-result', 'savepoint-big-result'],
    '15': ['big-value', 'savepoint-big-value', 'big-parameter'],
  },
});
