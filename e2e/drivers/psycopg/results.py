"""Results that are read in pieces, and very large ones."""

from content import (
    BIG_RESULT,
    BIG_ROWS,
    BIG_STATEMENT_LENGTH,
    BIG_VALUE_LENGTH,
    FAILING_RESULT,
    MOST_PARAMETERS,
    fails,
    md5,
    same,
    sum_to,
)

SERIES = "select i from generate_series(1, %s::int) i"


def cursor(connection):
    """A server-side cursor fetches by SQL; streaming is the protocol's single-row mode."""
    with connection.transaction(), connection.cursor(name="e2e") as named:
        named.itersize = 300
        named.execute(SERIES, (1000,))
        pieces = []
        while rows := named.fetchmany(300):
            pieces.append(len(rows))
    same(pieces, [300, 300, 300, 100])
    streamed = sum(i for (i,) in connection.cursor().stream(SERIES, (1000,)))
    same(streamed, sum_to(1000))
    return " + ".join(map(str, pieces))


def cursor_closed_early(connection):
    stream = connection.cursor().stream(SERIES, (1_000_000,))
    same([next(stream) for _ in range(10)], [(n,) for n in range(1, 11)])
    stream.close()
    return "left after 10 of 1,000,000 rows"


def fail_to_read_on(connection):
    seen = []
    fails("22012", lambda: [seen.append(i) for i, _ in connection.cursor().stream(FAILING_RESULT)])
    same(len(seen), 499)


def cursor_error(connection):
    """In the protocol's single-row mode, then in a server-side cursor."""
    fail_to_read_on(connection)

    def fetch():
        with connection.transaction(), connection.cursor(name="e2e_error") as named:
            named.execute(FAILING_RESULT)
            same(len(named.fetchmany(400)), 400)
            named.fetchmany(400)

    fails("22012", fetch)
    return "22012 after 499 rows, and after 400"


def big_statement(connection):
    literal = "weir " * (BIG_STATEMENT_LENGTH // 5)
    query = f"select length(t), md5(t) from (select '{literal}' t) s"
    same(connection.execute(query).fetchone(), (BIG_STATEMENT_LENGTH, md5(literal)))
    row = connection.execute(query + " where true = %s", (True,)).fetchone()
    same(row, (BIG_STATEMENT_LENGTH, md5(literal)))
    return f"{BIG_STATEMENT_LENGTH} characters, without and with a parameter"


def many_parameters(connection):
    values = list(range(1, MOST_PARAMETERS + 1))
    places = ",".join(["(%s::int8)"] * MOST_PARAMETERS)
    query = f"select count(*), sum(v)::int8 from (values {places}) t(v)"
    row = connection.execute(query, values).fetchone()
    same(row, (MOST_PARAMETERS, sum_to(MOST_PARAMETERS)))
    return f"{MOST_PARAMETERS} parameters"


def big_result(connection):
    expected = 0
    for i, text in connection.cursor(binary=True).stream(BIG_RESULT, size=100 if chunked() else 1):
        expected += 1
        same((i, text), (expected, md5(str(i)) * 32))
    same(expected, BIG_ROWS)
    return f"{expected} rows"


def chunked():
    """Rows come in chunks where the libpq in use can do so (17 and later)."""
    from psycopg import capabilities

    return capabilities.has_stream_chunked()


def big_value(connection):
    query = "select repeat(md5('weir'), %s)"
    (text,) = connection.execute(query, (BIG_VALUE_LENGTH // 32,)).fetchone()
    same((len(text), md5(text)), (BIG_VALUE_LENGTH, md5(md5("weir") * (BIG_VALUE_LENGTH // 32))))
    return f"{len(text)} characters"


def big_parameter(connection):
    value = bytes(range(256)) * (BIG_VALUE_LENGTH // 256)
    row = connection.execute("select length(v), md5(v) from (select %b::bytea v) s", (value,)).fetchone()
    same(row, (BIG_VALUE_LENGTH, md5(value)))
    return f"{len(value)} bytes"
