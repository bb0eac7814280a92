"""What fails in the middle of a transaction is undone to a savepoint, and no further."""

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

import conversation
import copying
import results
from content import (
    BIG_FAILING_POSITION,
    BIG_FAILING_RESULT,
    BIG_FAILING_ROWS,
    BIG_FAILING_STATEMENT,
    BIG_FAILING_VALUE,
    BIG_VALUE_LENGTH,
    SLEEPING_RESULT,
    fails,
    md5,
    same,
)


def undone(fail):
    """A check that goes back to a savepoint after what fails."""

    def check(connection):
        connection.execute("drop table if exists saved")
        connection.execute("create temp table saved (n int primary key)")
        with connection.transaction():
            connection.execute("insert into saved values (%s)", (1,))
            with connection.transaction():
                connection.execute("insert into saved values (%s)", (3,))
                fail(connection)
                fails("25P02", connection.execute, "select 1")
                raise psycopg.Rollback
            connection.execute("insert into saved values (%s)", (2,))
        same(connection.execute("select n from saved order by n").fetchall(), [(1,), (2,)])
        return "what was before and after the error was kept"

    return check


@undone
def savepoint(connection):
    fails("23505", connection.execute, "insert into saved values (%s)", (1,))


@undone
def savepoint_simple(connection):
    fails("22012", connection.execute, "select 1; select 1 / 0; select 2")


def divide(connection, n):
    return connection.execute("select 80 / %s::int4", (n,), prepare=True).fetchone()


def savepoint_prepared(connection):
    """A statement stays prepared, whatever became of the transaction that prepared it."""

    @undone
    def check(connection):
        same(divide(connection, 2), (40,))
        fails("22012", divide, connection, 0)

    seen = check(connection)
    same(divide(connection, 4), (20,))
    return seen


class Raw(bytes):
    """Bytes that go as they are, as a binary int4."""


class RawDumper(Dumper):
    """Encodes nothing."""

    format = Format.BINARY
    oid = 23

    def dump(self, obj):
        return obj


@undone
def savepoint_binary(connection):
    cursor = connection.cursor(binary=True)
    cursor.adapters.register_dumper(Raw, RawDumper)
    same(cursor.execute("select %b", (Raw(b"\x80\0\0\1"),)).fetchone(), (-2147483647,))
    fails("22P03", cursor.execute, "select %b", (Raw(bytes(5)),))


@undone
def savepoint_pipeline(connection):
    cursors = []

    def send():
        with connection.pipeline():
            for n in (1, 0, 2):
                cursors.append(connection.execute("select 8 / %s::int4", (n,)))

    fails("22012", send)
    same(cursors[0].fetchone(), (8,))


savepoint_cursor = undone(results.fail_to_read_on)
savepoint_copy_in = undone(copying.fail_to_copy_in)
savepoint_copy_out = undone(copying.fail_to_copy_out)


@undone
def savepoint_cancel(connection):
    seen = []

    def read():
        seen.extend(i for i, _ in connection.cursor().stream(SLEEPING_RESULT))

    conversation.cancel_in_the_middle(connection, read)
    same(seen, list(range(1, 1000)))


@undone
def savepoint_big_statement(connection):
    """The server says where in the text the fault is."""
    for tail, parameters in (("", None), (" where %s", (True,))):
        connection.execute("savepoint each")
        try:
            connection.execute(BIG_FAILING_STATEMENT + tail, parameters)
            raise AssertionError("the table is there")
        except psycopg.errors.UndefinedTable as error:
            same(error.diag.statement_position, str(BIG_FAILING_POSITION))
        if not tail:
            connection.execute("rollback to savepoint each")


@undone
def savepoint_big_result(connection):
    seen = []
    size = 100 if results.chunked() else 1

    def read():
        for i, text, _ in connection.cursor(binary=True).stream(BIG_FAILING_RESULT, size=size):
            same(text, md5(str(i)) * 32)
            seen.append(i)

    fails("22012", read)
    # A chunk that is not full when the error comes is not given to the program.
    same((len(seen), seen[-1]), (BIG_FAILING_ROWS, BIG_FAILING_ROWS))


@undone
def savepoint_big_value(connection):
    seen = []
    stream = connection.cursor().stream(BIG_FAILING_VALUE)
    fails("22012", lambda: seen.extend((len(text), md5(text)) for text, _ in stream))
    same(seen, [(BIG_VALUE_LENGTH, md5(md5("weir") * (BIG_VALUE_LENGTH // 32)))])
