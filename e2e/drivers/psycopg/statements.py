"""Simple, prepared and pipelined statements, and values of many types."""

import datetime
import decimal
import uuid

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.json import Jsonb

from content import TEXT, fails, same, sum_to


def tls_login(connection):
    same(connection.pgconn.ssl_in_use, True)
    return f"server {connection.info.server_version}"


def direct_tls(_connection):
    with psycopg.connect(sslnegotiation="direct", autocommit=True) as direct:
        same(direct.pgconn.ssl_in_use, True)
        same(direct.execute("select 7").fetchone(), (7,))
    return "ALPN postgresql"


def simple_query(connection):
    # A ClientCursor without parameters uses the simple query protocol.
    cursor = psycopg.ClientCursor(connection).execute("select 1, null")
    same((cursor.fetchall(), cursor.statusmessage), ([(1, None)], "SELECT 1"))
    return cursor.statusmessage


def several_statements(connection):
    cursor = connection.execute(
        """create temp table several (n int); insert into several select generate_series(1, 3);
        update several set n = n * 2; select sum(n) from several; drop table several"""
    )
    seen, rows = [cursor.statusmessage], []
    while cursor.nextset():
        seen.append(cursor.statusmessage)
        if cursor.description:
            rows += cursor.fetchall()
    same(seen, ["CREATE TABLE", "INSERT 0 3", "UPDATE 3", "SELECT 1", "DROP TABLE"])
    same(rows, [(12,)])
    fails("22012", connection.execute, "select 1; select 1 / 0; select 2")
    return ", ".join(seen)


def prepared_unnamed(connection):
    row = connection.execute("select %s::int + 1, %s::text", (41, TEXT), prepare=False).fetchone()
    same(row, (42, TEXT))
    return "as sent"


def prepared_named(connection):
    for n in range(200):
        same(connection.execute("select %s::int4 * 2", (n,), prepare=True).fetchone(), (n * 2,))
    query = "select count(*) from pg_prepared_statements where statement like 'select $1::int4 * 2%'"
    same(connection.execute(query).fetchone(), (1,))
    return "200 runs of one statement"


def prepared_again(connection):
    query = "select %s::int4 * 3"
    for word in ("deallocate all", "discard all", "deallocate all"):
        same(connection.execute(query, (5,), prepare=True).fetchone(), (15,))
        connection.execute(word)
        left = connection.execute("select count(*) from pg_prepared_statements").fetchone()
        same(left, (0,))
    same(connection.execute(query, (5,), prepare=True).fetchone(), (15,))
    return "after deallocate all and discard all"


def prepared_error(connection):
    fails("42601", connection.execute, "select from where %s", (1,), prepare=True)
    fails("22012", connection.execute, "select 1 / %s::int4", (0,), prepare=True)
    same(connection.execute("select 8 / %s::int4", (4,), prepare=True).fetchone(), (2,))
    return "42601, 22012, then 2"


def pipeline(connection):
    with connection.pipeline():
        cursors = [connection.execute("select %s::int4", (n,)) for n in range(1000)]
        same([cursor.fetchone() for cursor in cursors], [(n,) for n in range(1000)])
    return "1000 answers in order"


def pipeline_texts(connection):
    """psycopg syncs a pipeline when it needs an answer: all of a block is one batch."""
    connection.execute("drop table if exists words")
    connection.execute("create temp table words (n int, word text)")
    with connection.pipeline(), connection.transaction():
        cursors = [connection.execute(f"select %s::int4, 'ü{n}\\'", (n,)) for n in range(50)]
        connection.cursor().executemany("insert into words values (%s, 'größe\\')", [(n,) for n in range(50)])
        same([cursor.fetchone() for cursor in cursors], [(n, f"ü{n}\\") for n in range(50)])
    row = connection.execute("select count(*), sum(n), min(word) from words").fetchone()
    same(row, (50, sum_to(49), "größe\\"))
    return "100 texts"


def pipeline_error(connection):
    """Until the next Sync, what follows an error is skipped; after it all goes on."""
    connection.execute("create temp table skipped (n int)")
    cursors = []

    def send(pipe):
        for n in (1, 0):
            cursors.append(connection.execute("select 8 / %s::int4", (n,)))
        connection.execute("insert into skipped values (%s)", (1,))
        pipe.sync()

    with connection.pipeline() as pipe:
        fails("22012", send, pipe)
        # Where the error came before the sync was sent, what was skipped is told with the next one.
        try:
            pipe.sync()
        except psycopg.errors.PipelineAborted:
            pipe.sync()
        same(cursors[0].fetchone(), (8,))
        same(connection.execute("select 8 / %s::int4", (4,)).fetchone(), (2,))
    same(connection.execute("select count(*) from skipped").fetchone(), (0,))
    same(connection.info.transaction_status, TransactionStatus.IDLE)
    return "8, 22012, skipped, 2"


def binary_values(connection):
    """Every value goes and comes in the binary format, then in the text format."""
    sent = (
        -2147483648,
        9223372036854775807,
        decimal.Decimal("12345678901234567890.123456789"),
        True,
        TEXT,
        bytes(range(256)),
        Jsonb({"nested": [1, "two", None]}),
        datetime.datetime(2024, 2, 29, 12, 34, 56, 789012, tzinfo=datetime.timezone.utc),
        None,
        [1, None, 3],
        uuid.UUID("7d9f3a52-0e5c-4a53-9f0a-3c4d5e6f7081"),
        float("-inf"),
        datetime.timedelta(days=40, seconds=5),
    )
    expected = tuple(value.obj if isinstance(value, Jsonb) else value for value in sent)
    types = "int4 int8 numeric bool text bytea jsonb timestamptz text int4[] uuid float8 interval".split()
    for letter, binary in (("b", True), ("t", False)):
        query = "select " + ", ".join(f"%{letter}::{name}" for name in types)
        row = connection.cursor(binary=binary).execute(query, sent).fetchone()
        same(row, expected)
    return f"{len(sent)} values, binary and text"
