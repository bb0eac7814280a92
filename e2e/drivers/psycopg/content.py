"""The content that the checks send and expect; the same as in src/content.ts."""

import hashlib

BIG_ROWS = 100_000
BIG_RESULT = f"select i, repeat(md5(i::text), 32) from generate_series(1, {BIG_ROWS}) i"
BIG_VALUE_LENGTH = 32 * 6_553_600
BIG_STATEMENT_LENGTH = 10_000_000
MOST_PARAMETERS = 65_535
FAILING_RESULT = "select i, 1000 / (500 - i) from generate_series(1, 1000) i"
BIG_FAILING_ROWS = BIG_ROWS // 2
BIG_FAILING_RESULT = f"""select i, repeat(md5(i::text), 32), 1 / ({BIG_FAILING_ROWS + 1} - i)
    from generate_series(1, {BIG_ROWS}) i"""
BIG_FAILING_VALUE = f"""select repeat(md5('weir'), {BIG_VALUE_LENGTH // 32}), 1 / (2 - i)
    from generate_series(1, 2) i"""
BIG_FAILING_STATEMENT = f"select '{'weir ' * (BIG_STATEMENT_LENGTH // 5)}' from e2e_nowhere"
BIG_FAILING_POSITION = len(BIG_FAILING_STATEMENT) - len("e2e_nowhere") + 1
SLEEPING_RESULT = """select i, case when i = 1000 then pg_sleep(30)::text else repeat('x', 100) end
    from generate_series(1, 1000) i"""
BINARY_ROWS = 20_000
BINARY_SOURCE = f"""select i, i * 1000000007::int8 as big, i / 7.0 as ratio, md5(i::text) as text,
    case when i % 10 > 0 then sha256(i::text::bytea) end as bytes, array[i, null, -i] as list
    from generate_series(1, {BINARY_ROWS}) i"""
BINARY_SIGNATURE = b"PGCOPY\n\xff\r\n\0"
OBJECT_CONTENT = bytes(range(256)) * 4096
COMMITTED_PAYLOADS = ["before", "after", "end"]
TEXT = "Grüße, 日本語, 🌊 'quoted' \"double\" \\ back\nnext"


def notifying_steps(channel):
    """Statements, each with the SQLSTATE that it must fail with, if any."""
    return [
        ("begin", None),
        (f"notify {channel}, 'before'", None),
        ("savepoint here", None),
        (f"notify {channel}, 'undone'", None),
        (f"select pg_notify('{channel}', repeat('x', 8000))", "22023"),
        ("rollback to savepoint here", None),
        (f"notify {channel}, 'after'", None),
        ("commit", None),
        ("begin", None),
        (f"notify {channel}, 'undone as well'", None),
        ("select 1 / 0", "22012"),
        ("rollback", None),
        (f"notify {channel}, 'end'", None),
    ]


def md5(text):
    return hashlib.md5(text.encode() if isinstance(text, str) else text).hexdigest()


def sum_to(n):
    return n * (n + 1) // 2


def same(seen, expected):
    if seen != expected:
        raise AssertionError(f"saw {str(seen)[:500]}, expected {str(expected)[:500]}")


def fails(code, action, *arguments, **options):
    """Runs an action that must fail with this SQLSTATE."""
    try:
        action(*arguments, **options)
    except Exception as error:  # noqa: BLE001 - whatever it is, its code is compared
        same(getattr(error, "sqlstate", repr(error)), code)
        return
    raise AssertionError(f"succeeded, expected {code}")
