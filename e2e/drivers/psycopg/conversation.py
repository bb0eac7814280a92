"""What goes beyond one statement: cancelling, notifications, transactions, notices."""

import threading

import psycopg
from psycopg.pq import TransactionStatus

from content import COMMITTED_PAYLOADS, SLEEPING_RESULT, TEXT, fails, notifying_steps, same


def cancel(connection):
    """Once over an encrypted connection of its own, once as libpq before 17 did."""
    for request in (connection.cancel_safe, connection.cancel):
        cancel_in_the_middle(connection, lambda: connection.execute("select pg_sleep(30)"), request)
    return "57014, twice"


def cancel_in_the_middle(connection, action, request=None):
    """Cancels an action as soon as the session sleeps in it."""
    (pid,) = connection.execute("select pg_backend_pid()").fetchone()
    arguments = (pid, request or connection.cancel_safe)
    watcher = threading.Thread(target=cancel_when_asleep, args=arguments)
    watcher.start()
    fails("57014", action)
    watcher.join()


def cancel_copy(connection):
    def read():
        with connection.cursor().copy(f"copy ({SLEEPING_RESULT}) to stdout") as copy:
            rows.extend(copy.rows())

    rows = []
    cancel_in_the_middle(connection, read)
    same(len(rows), 999)
    return "57014 after 999 rows"


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


def notify_error(connection):
    connection.execute("listen e2e_psycopg_error")
    with psycopg.connect(autocommit=True) as sender:
        for text, code in notifying_steps("e2e_psycopg_error"):
            if code is None:
                sender.execute(text)
            else:
                fails(code, sender.execute, text)
    arriving = connection.notifies(timeout=30, stop_after=len(COMMITTED_PAYLOADS))
    received = [notification.payload for notification in arriving]
    connection.execute("unlisten *")
    same(received, COMMITTED_PAYLOADS)
    return ", ".join(received)


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
