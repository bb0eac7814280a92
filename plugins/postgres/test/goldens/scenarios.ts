import { ASYNCHRONOUS } from './asynchronous-scenarios.ts';
import { COPY } from './copy-scenarios.ts';
import { EXTENDED } from './extended-scenarios.ts';
import { NAMES } from './name-scenarios.ts';
import { REPLICATION } from './replication-scenarios.ts';
import type { Scenario } from './scenario.ts';
import { SIMPLE } from './simple-scenarios.ts';

export const SCENARIOS: readonly Scenario[] = [
  ...SIMPLE,
  ...EXTENDED,
  ...NAMES,
  ...COPY,
  ...ASYNCHRONOUS,
  ...REPLICATION,
];
