import { describeDriver } from '../src/describe-driver.ts';
import { nodeProgram } from '../src/driver-programs.ts';

describeDriver({
  name: 'pgbench',
  needs: ['pgbench'],
  prepare: () => nodeProgram('pgbench'),
  checks: ['load-simple', 'load-extended', 'load-prepared'],
});
