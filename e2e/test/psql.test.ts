import { DRIVER_CHECKS } from '../src/checks.ts';
import { describeDriver } from '../src/describe-driver.ts';
import { nodeProgram } from '../src/driver-programs.ts';

describeDriver({
  name: 'psql',
  needs: ['psql', 'pg_dump'],
  prepare: () => nodeProgram('psql'),
  checks: DRIVER_CHECKS,
  cannot: {
    pipeline: 'only psql 18 has startpipeline',
    'pipeline-error': 'only psql 18 has startpipeline',
    'savepoint-pipeline': 'only psql 18 has startpipeline',
    'binary-values': 'its parameters and results are text',
    'savepoint-binary': 'its parameters and results are text',
    'many-parameters': 'only psql 16 has \bind',
  },
  versionChecks: {
    '15': ['dump', 'big-result', 'savepoint-big-result'],
    '18': ['big-value', 'savepoint-big-value'],
  },
});
