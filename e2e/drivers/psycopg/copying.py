"""COPY in both directions, and its failures."""

from content import (
    BINARY_ROWS,
    BINARY_SIGNATURE,
    BINARY_SOURCE,
    FAILING_RESULT,
    fails,
    md5,
    same,
    sum_to,
)

ROWS = 100_000


def make_table(connection):
    connection.execute("drop table if exists copied")
    connection.execute("create temp table copied (i int, t text)")


def count(connection):
    return connection.execute("select count(*) from copied").fetchone()[0]


def copy_in(connection):
    for form in ("text", "binary"):
        make_table(connection)
        with connection.cursor().copy(f"copy copied from stdin (format {form})") as copy:
            copy.set_types(["int4", "text"])
            for i in range(1, ROWS + 1):
                copy.write_row((i, f"row {i} ü"))
        query = "select count(*), sum(i), bool_and(t = 'row ' || i || ' ü') from copied"
        same(connection.execute(query).fetchone(), (ROWS, sum_to(ROWS), True))
    return f"{ROWS} rows as text and as binary"


def copy_out(connection):
    query = f"copy (select i, md5(i::text) from generate_series(1, {ROWS}) i) to stdout"
    for form in ("text", "binary"):
        expected = 0
        with connection.cursor().copy(f"{query} (format {form})") as copy:
            copy.set_types(["int4", "text"])
            for row in copy.rows():
                expected += 1
                same(row, (expected, md5(str(expected))))
        same(expected, ROWS)
    return f"{ROWS} rows as text and as binary"


def write_rows(connection, bad):
    with connection.cursor().copy("copy copied from stdin") as copy:
        for i in range(1, ROWS + 1):
            copy.write_row(("not a number" if i == bad else i, "row"))


def fail_to_copy_in(connection):
    make_table(connection)
    fails("22P02", write_rows, connection, bad=ROWS // 2)


def copy_in_error(connection):
    fail_to_copy_in(connection)
    same(count(connection), 0)
    return f"22P02 at row {ROWS // 2}"


class ChangedMind(Exception):
    """What the program does in the middle of a copy."""


def copy_in_aborted(connection):
    make_table(connection)
    try:
        with connection.cursor().copy("copy copied from stdin") as copy:
            copy.write_row((1, "first"))
            raise ChangedMind
    except ChangedMind:
        same(count(connection), 0)
        return "nothing was copied"
    raise AssertionError("the copy went through")


def fail_to_copy_out(connection):
    def read():
        with connection.cursor().copy(f"copy ({FAILING_RESULT}) to stdout") as copy:
            for block in copy:
                blocks.append(block)

    blocks = []
    fails("22012", read)
    same(len(b"".join(map(bytes, blocks)).splitlines()), 499)


def copy_out_error(connection):
    fail_to_copy_out(connection)
    return "22012 after 499 rows"


def copied_out(connection, what):
    with connection.cursor().copy(f"copy {what} to stdout (format binary)") as copy:
        return b"".join(bytes(block) for block in copy)


def copy_binary(connection):
    connection.execute(f"create temp table copied_binary as {BINARY_SOURCE} with no data")
    out = copied_out(connection, f"({BINARY_SOURCE})")
    same(out[: len(BINARY_SIGNATURE)], BINARY_SIGNATURE)
    cursor = connection.cursor()
    with cursor.copy("copy copied_binary from stdin (format binary)") as copy:
        copy.write(out)
    same(cursor.rowcount, BINARY_ROWS)
    same(copied_out(connection, "copied_binary") == out, True)
    same(connection.execute(f"table copied_binary except all {BINARY_SOURCE}").fetchall(), [])
    return f"{len(out)} bytes"
