import { DRIVER_CHECKS } from '../src/checks.ts';
import { describeDriver } from '../src/describe-driver.ts';
import { pythonProgram } from '../src/driver-programs.ts';

describeDriver({
  name: 'psycopg 3',
  needs: ['Python 3.10 or newer with venv'],
  prepare: () => pythonProgram('psycopg'),
  checks: [...DRIVER_CHECKS, 'pipeline-texts'],
  weirChecks: ['direct-tls', 'protocol-3.2'],
  versionChecks: {
    '18': [
      'big-result',
      'savepoint-big-result',
      'big-value',
      'savepoint-big-value',
      'big-parameter',
    ],
  },
});
