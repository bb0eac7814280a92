import { DRIVER_CHECKS } from '../src/checks.ts';
import { describeDriver } from '../src/describe-driver.ts';
import { javaProgram } from '../src/driver-programs.ts';

describeDriver({
  name: 'pgjdbc',
  needs: ['a Java 17 or newer compiler', 'Maven'],
  prepare: () => javaProgram('pgjdbc'),
  checks: [...DRIVER_CHECKS, 'pipeline-texts'],
  versionChecks: {
    '15': ['big-result', 'savepoint-big-result'],
    '18': ['big-value', 'savepoint-big-value', 'big-parameter'],
  },
});
