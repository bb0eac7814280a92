import { DRIVER_CHECKS } from '../src/checks.ts';
import { describeDriver } from '../src/describe-driver.ts';
import { goProgram } from '../src/driver-programs.ts';

describeDriver({
  name: 'pgx 5',
  needs: ['Go 1.21 or newer'],
  prepare: () => goProgram('pgx'),
  checks: [...DRIVER_CHECKS, 'pipeline-texts'],
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
