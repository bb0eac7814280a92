import { runChecks } from '../../src/check-runner.ts';
import { cancel, largeObject, notify, savepoint, sendNotices } from './conversation.ts';
import { copyIn, copyInAborted, copyInError, copyOut, copyOutError } from './copy.ts';
import {
  bigResult,
  bigStatement,
  bigValue,
  cursor,
  cursorClosedEarly,
  manyParameters,
} from './results.ts';
import { disconnect, onShared } from './session.ts';
import {
  binaryValues,
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
  'simple-query': onShared(simpleQuery),
  'several-statements': onShared(severalStatements),
  'prepared-unnamed': onShared(preparedUnnamed),
  'prepared-named': onShared(preparedNamed),
  'prepared-error': onShared(preparedError),
  pipeline: onShared(pipeline),
  'pipeline-error': onShared(pipelineError),
  cursor: onShared(cursor),
  'cursor-closed-early': onShared(cursorClosedEarly),
  'copy-in': onShared(copyIn),
  'copy-out': onShared(copyOut),
  'copy-in-error': onShared(copyInError),
  'copy-in-aborted': onShared(copyInAborted),
  'copy-out-error': onShared(copyOutError),
  cancel: onShared(cancel),
  'binary-values': onShared(binaryValues),
  notify: onShared(notify),
  'large-object': onShared(largeObject),
  'big-statement': onShared(bigStatement),
  'many-parameters': onShared(manyParameters),
  savepoint: onShared(savepoint),
  notices: onShared(sendNotices),
  'big-result': onShared(bigResult),
  'big-value': onShared(bigValue),
});
await disconnect();
