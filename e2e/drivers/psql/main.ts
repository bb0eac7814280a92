import { runChecks } from '../../src/check-runner.ts';
import { dump } from './dump.ts';
import { copyIn, copyInError, copyOut, copyOutError, largeObject } from './files.ts';
import { bigResult, bigStatement, cursor, cursorError } from './results.ts';
import {
  cancel,
  notices,
  notify,
  preparedAgain,
  preparedError,
  preparedNamed,
  preparedUnnamed,
  savepoint,
  severalStatements,
  simpleQuery,
  tlsLogin,
  transactionStatus,
} from './statements.ts';

await runChecks({
  'tls-login': tlsLogin,
  'simple-query': simpleQuery,
  'several-statements': severalStatements,
  'prepared-unnamed': preparedUnnamed,
  'prepared-named': preparedNamed,
  'prepared-again': preparedAgain,
  'prepared-error': preparedError,
  cursor,
  'cursor-error': cursorError,
  'copy-in': copyIn,
  'copy-out': copyOut,
  'copy-in-error': copyInError,
  'copy-out-error': copyOutError,
  cancel,
  notify,
  'large-object': largeObject,
  dump,
  'big-statement': bigStatement,
  savepoint,
  notices,
  'transaction-status': transactionStatus,
  'big-result': bigResult,
});
