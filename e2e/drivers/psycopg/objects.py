"""Large objects, by the server's functions: psycopg has no other way."""

from content import OBJECT_CONTENT, fails, same

# INV_READ and INV_WRITE of libpq/libpq-fs.h.
READ_WRITE = 0x60000
PIECE = 100_000


def make(connection):
    (oid,) = connection.execute("select lo_creat(-1)").fetchone()
    (fd,) = connection.execute("select lo_open(%s, %s)", (oid, READ_WRITE)).fetchone()
    return oid, fd


def write(connection, fd, content):
    for at in range(0, len(content), PIECE):
        connection.execute("select lowrite(%s, %b)", (fd, content[at : at + PIECE]))


def seek(connection, fd, place):
    connection.execute("select lo_lseek64(%s, %s, 0)", (fd, place))


def read_on(connection, fd):
    pieces = []
    while not pieces or pieces[-1]:
        pieces.append(connection.execute("select loread(%s, %s)", (fd, PIECE)).fetchone()[0])
    return b"".join(pieces)


def remove(connection, oid):
    same(connection.execute("select lo_get(%s)", (oid,)).fetchone(), (OBJECT_CONTENT,))
    same(connection.execute("select lo_unlink(%s)", (oid,)).fetchone(), (1,))


def large_object(connection):
    with connection.transaction():
        oid, fd = make(connection)
        write(connection, fd, OBJECT_CONTENT)
        seek(connection, fd, 300)
        same(read_on(connection, fd), OBJECT_CONTENT[300:])
    remove(connection, oid)
    (oid,) = connection.execute("select lo_from_bytea(0, %b)", (OBJECT_CONTENT,)).fetchone()
    same(connection.execute("select lo_get(%s, 300, 10)", (oid,)).fetchone(), (OBJECT_CONTENT[300:310],))
    remove(connection, oid)
    return f"{len(OBJECT_CONTENT)} bytes, in pieces and at once"


def large_object_error(connection):
    """What was written since the savepoint is undone; the object stays open until the transaction ends."""
    half = len(OBJECT_CONTENT) // 2
    with connection.transaction():
        oid, fd = make(connection)
        write(connection, fd, OBJECT_CONTENT[:half])
        fails("22023", write_wrongly, connection, fd, half)
        seek(connection, fd, half)
        write(connection, fd, OBJECT_CONTENT[half:])
    fails("42704", read_on, connection, fd)
    remove(connection, oid)
    return "22023 behind the first half"


def write_wrongly(connection, fd, length):
    with connection.transaction():
        write(connection, fd, b"wrong" * (length // 5))
        seek(connection, fd, -1)
