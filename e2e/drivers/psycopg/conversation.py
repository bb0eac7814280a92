"""What goes beyond one statement: cancelling, notifications, transactions, notices, large objects."""

import threading

import psycopg
from psycopg.pq import TransactionStatus

from content import TEXT, fails, same


def cancel(connection):
    """Once over an encrypted connection of its own, once as libpq before 17 did."""
    (pid,) = connection.execute("select pg_backend_pid()").fetchone()
    for request in (connection.cancel_safe, connection.cancel):
        watcher = threading.Thread(target=cancel_when_asleep, args=(pid, request))
        watcher.start()
        fails("57014", connection.execute, "select pg_sleep(30)")
        watcher.join()
    return "57014, twice"


def protocol_3_2(_connection):
    with psycopg.connect(min_protocol_version="3.2", max_protocol_version="3.2") as newer:
        newer.autocommit = True
        same(newer.pgconn.full_protocol_version, 30002)
        return cancel(newer)


def cancel_when_asleep(pid, request):
    asleep = "select 1 from pg_stat_activity where pid = %s and wait_event = 'PgSleep'"
    with psycopg.connect(autocommit=True) as observer:
        while observer.execute(asleep, (pid,)).fetchone() is None:
            pass
    request()


def notify(connection):
    received = []
    expected = [f"number {n}" for n in range(20)] + [TEXT]
    connection.execute("listen e2e_psycopg")
    with psycopg.connect(autocommit=True) as sender:
        for payload in expected:
            sender.execute("select pg_notify('e2e_psycopg', %s)", (payload,))
    for notification in connection.notifies(timeout=30, stop_after=len(expected)):
        received.append(notification.payload)
    connection.execute("unlisten *")
    same(received, expected)
    return f"{len(received)} notifications in order"


def large_object(connection):
    """By SQL functions: psycopg has no other way."""
    content = bytes(range(256)) * 4096
    oid = connection.execute("select lo_from_bytea(0, %b)", (content,)).fetchone()[0]
    row = connection.execute("select lo_get(%s), lo_get(%s, 300, 10)", (oid, oid)).fetchone()
    same(row, (content, content[300:310]))
    same(connection.execute("select lo_unlink(%s)", (oid,)).fetchone(), (1,))
    return f"{len(content)} bytes"


def savepoint(connection):
    connection.execute("drop table if exists saved")
    connection.execute("create temp table saved (n int primary key)")
    with connection.transaction():
        connection.execute("insert into saved values (%s)", (1,))
        try:
            with connection.transaction():
                connection.execute("insert into saved values (%s)", (1,))
        except psycopg.errors.UniqueViolation:
            connection.execute("insert into saved values (%s)", (2,))
    same(connection.execute("select n from saved order by n").fetchall(), [(1,), (2,)])
    return "rows before and after the error were kept"


def notices(connection):
    seen = []

    def note(diagnostic):
        seen.append((diagnostic.severity, diagnostic.sqlstate, diagnostic.message_primary))

    connection.add_notice_handler(note)
    connection.execute(
        """do $$ begin raise notice 'one %', 1; raise warning 'two';
        raise info using message = 'three', errcode = '01W01'; end $$"""
    )
    connection.remove_notice_handler(note)
    same(
        seen,
        [("NOTICE", "00000", "one 1"), ("WARNING", "01000", "two"), ("INFO", "01W01", "three")],
    )
    return "3 notices"


def transaction_status(connection):
    seen = []
    for text in ("select 1", "begin", "select 1", "select 1/0", "select 1", "commit"):
        try:
            outcome = connection.execute(text).statusmessage
        except psycopg.Error as error:
            outcome = error.sqlstate
        seen.append(f"{outcome} {TransactionStatus(connection.info.transaction_status).name}")
    same(
        seen,
        ["SELECT 1 IDLE", "BEGIN INTRANS", "SELECT 1 INTRANS", "22012 INERROR", "25P02 INERROR", "ROLLBACK IDLE"],
    )
    return ", ".join(seen)
