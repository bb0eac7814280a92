import { runChecks } from '../../src/check-runner.ts';
import { cancel, notices, notify, savepoint, transactionStatus } from './conversation.ts';
import { copyIn, copyInAborted, copyInError, copyOut, copyOutError } from './copy.ts';
import {
  bigParameter,
  bigResult,
  bigStatement,
  bigValue,
  cursor,
  cursorClosedEarly,
  cursorError,
  manyParameters,
} from './results.ts';
import { disconnect, onShared } from './session.ts';
import {
  binaryValues,
  directTls,
  pipeline,
  pipelineError,
  preparedError,
  preparedNamed,
  preparedUnnamed,
  severalStatements,
  simpleQuery,
  tlsLogin,
} from './statements.ts';

await runChecks({
  'tls-login': tlsLogin,
  'direct-tls': directTls,
  'simple-query': onShared(simpleQuery),
  'several-statements': onShared(severalStatements),
  'prepared-unnamed': onShared(preparedUnnamed),
  'prepared-named': onShared(preparedNamed),
  'prepared-error': onShared(preparedError),
  pipeline,
  'pipeline-error': pipelineError,
  cursor: onShared(cursor),
  'cursor-closed-early': onShared(cursorClosedEarly),
  'cursor-error': onShared(cursorError),
  'copy-in': onShared(copyIn),
  'copy-out': onShared(copyOut),
  'copy-in-error': onShared(copyInError),
  'copy-in-aborted': onShared(copyInAborted),
  'copy-out-error': onShared(copyOutError),
  cancel: onShared(cancel),
  'binary-values': onShared(binaryValues),
  notify: onShared(notify),
  'big-statement': onShared(bigStatement),
  'many-parameters': onShared(manyParameters),
  savepoint: onShared(savepoint),
  notices: onShared(notices),
  'transaction-status': onShared(transactionStatus),
  'big-result': onShared(bigResult),
  'big-value': onShared(bigValue),
  'big-parameter': onShared(bigParameter),
});
await disconnect();
