"""The content that the checks send and expect; the same as in src/content.ts."""

import hashlib

BIG_ROWS = 100_000
BIG_RESULT = f"select i, repeat(md5(i::text), 32) from generate_series(1, {BIG_ROWS}) i"
BIG_VALUE_LENGTH = 32 * 6_553_600
BIG_STATEMENT_LENGTH = 10_000_000
MOST_PARAMETERS = 65_535
FAILING_RESULT = "select i, 1000 / (500 - i) from generate_series(1, 1000) i"
TEXT = "Grüße, 日本語, 🌊 'quoted' \"double\" \\ back\nnext"


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
