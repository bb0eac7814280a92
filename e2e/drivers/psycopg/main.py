"""Runs the checks named on the command line with psycopg 3 and prints a line of JSON for each.

Where to connect stands in libpq's own environment variables.
"""

import json
import sys
import traceback

import psycopg
from psycopg.pq import TransactionStatus

import conversation
import copying
import objects
import results
import savepoints
import statements
from content import same

CHECKS = {
    "tls-login": statements.tls_login,
    "direct-tls": statements.direct_tls,
    "protocol-3.2": conversation.protocol_3_2,
    "simple-query": statements.simple_query,
    "several-statements": statements.several_statements,
    "prepared-unnamed": statements.prepared_unnamed,
    "prepared-named": statements.prepared_named,
    "prepared-again": statements.prepared_again,
    "prepared-error": statements.prepared_error,
    "pipeline": statements.pipeline,
    "pipeline-texts": statements.pipeline_texts,
    "pipeline-error": statements.pipeline_error,
    "binary-values": statements.binary_values,
    "cursor": results.cursor,
    "cursor-closed-early": results.cursor_closed_early,
    "cursor-error": results.cursor_error,
    "big-statement": results.big_statement,
    "many-parameters": results.many_parameters,
    "big-result": results.big_result,
    "big-value": results.big_value,
    "big-parameter": results.big_parameter,
    "copy-in": copying.copy_in,
    "copy-out": copying.copy_out,
    "copy-in-error": copying.copy_in_error,
    "copy-in-aborted": copying.copy_in_aborted,
    "copy-out-error": copying.copy_out_error,
    "copy-binary": copying.copy_binary,
    "cancel": conversation.cancel,
    "cancel-copy": conversation.cancel_copy,
    "notify": conversation.notify,
    "notify-error": conversation.notify_error,
    "large-object": objects.large_object,
    "large-object-error": objects.large_object_error,
    "savepoint": savepoints.savepoint,
    "savepoint-simple": savepoints.savepoint_simple,
    "savepoint-prepared": savepoints.savepoint_prepared,
    "savepoint-binary": savepoints.savepoint_binary,
    "savepoint-pipeline": savepoints.savepoint_pipeline,
    "savepoint-cursor": savepoints.savepoint_cursor,
    "savepoint-copy-in": savepoints.savepoint_copy_in,
    "savepoint-copy-out": savepoints.savepoint_copy_out,
    "savepoint-cancel": savepoints.savepoint_cancel,
    "savepoint-big-statement": savepoints.savepoint_big_statement,
    "savepoint-big-result": savepoints.savepoint_big_result,
    "savepoint-big-value": savepoints.savepoint_big_value,
    "notices": conversation.notices,
    "transaction-status": conversation.transaction_status,
}


def run(check, connection):
    """The connection must be usable, and idle, after each check."""
    detail = check(connection)
    same(connection.execute("select 42").fetchall(), [(42,)])
    same(connection.info.transaction_status, TransactionStatus.IDLE)
    return detail


def main():
    connection = None
    for name in sys.argv[1:]:
        try:
            if connection is None:
                connection = psycopg.connect(autocommit=True)
            report = {"ok": True, "detail": run(CHECKS[name], connection)}
        except Exception:  # noqa: BLE001 - a failed check is a report, and the next one runs
            report = {"ok": False, "detail": traceback.format_exc()[-3000:]}
            if connection is not None:
                connection.close()
            connection = None
        print(json.dumps({"name": name, **report}), flush=True)


main()
