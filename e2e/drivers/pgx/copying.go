package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"
)

const copiedRows = 100_000

func makeTable(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.PgConn().Exec(ctx, "drop table if exists copied; create temp table copied (i int, t text)").ReadAll()
	return err
}

func checkCount(ctx context.Context, conn *pgx.Conn, expected int) error {
	var count int
	err := conn.QueryRow(ctx, "select count(*) from copied", pgx.QueryExecModeDescribeExec).Scan(&count)
	return first(err, same(count, expected))
}

// CopyFrom sends the binary format.
func copyIn(ctx context.Context, conn *pgx.Conn) (string, error) {
	if err := makeTable(ctx, conn); err != nil {
		return "", err
	}
	source := pgx.CopyFromSlice(copiedRows, func(i int) ([]any, error) {
		return []any{int32(i + 1), fmt.Sprintf("row %d ü", i+1)}, nil
	})
	count, err := conn.CopyFrom(ctx, pgx.Identifier{"copied"}, []string{"i", "t"}, source)
	if err := first(err, same(count, int64(copiedRows))); err != nil {
		return "", err
	}
	var sum int64
	var all bool
	err = conn.QueryRow(ctx, "select sum(i)::int8, bool_and(t = 'row ' || i || ' ü') from copied", pgx.QueryExecModeDescribeExec).Scan(&sum, &all)
	return fmt.Sprintf("%d rows, binary", count), first(err, same([]any{sum, all}, []any{sumTo(copiedRows), true}))
}

func copyOut(ctx context.Context, conn *pgx.Conn) (string, error) {
	var out bytes.Buffer
	query := fmt.Sprintf("copy (select i, md5(i::text) from generate_series(1, %d) i) to stdout", copiedRows)
	tag, err := conn.PgConn().CopyTo(ctx, &out, query)
	if err != nil {
		return "", err
	}
	expected := 0
	for lines := bufio.NewScanner(&out); lines.Scan(); {
		expected++
		if err := same(lines.Text(), fmt.Sprintf("%d\t%s", expected, md5Of(fmt.Sprint(expected)))); err != nil {
			return "", err
		}
	}
	return tag.String(), first(same(expected, copiedRows), same(tag.RowsAffected(), int64(copiedRows)))
}

// failToCopyIn copies rows in of which the server refuses one in the middle.
func failToCopyIn(ctx context.Context, conn *pgx.Conn) error {
	if err := makeTable(ctx, conn); err != nil {
		return err
	}
	lines := strings.Repeat("1\trow\n", copiedRows/2)
	_, err := conn.PgConn().CopyFrom(ctx, strings.NewReader(lines+"not a number\trow\n"+lines), "copy copied from stdin")
	return failed(err, "22P02")
}

func copyInError(ctx context.Context, conn *pgx.Conn) (string, error) {
	return "22P02 in the middle", first(failToCopyIn(ctx, conn), checkCount(ctx, conn, 0))
}

var errChangedMind = errors.New("changed my mind")

// brokenReader gives a few rows, then fails.
type brokenReader struct{ left int }

func (reader *brokenReader) Read(into []byte) (int, error) {
	if reader.left == 0 {
		return 0, errChangedMind
	}
	reader.left--
	return copy(into, "1\trow\n"), nil
}

var _ io.Reader = (*brokenReader)(nil)

func copyInAborted(ctx context.Context, conn *pgx.Conn) (string, error) {
	if err := makeTable(ctx, conn); err != nil {
		return "", err
	}
	_, err := conn.PgConn().CopyFrom(ctx, &brokenReader{left: 100}, "copy copied from stdin")
	if err == nil {
		return "", errors.New("the copy went through")
	}
	return "nothing was copied", checkCount(ctx, conn, 0)
}

// failToCopyOut copies rows out until the server fails.
func failToCopyOut(ctx context.Context, conn *pgx.Conn) error {
	var out bytes.Buffer
	_, err := conn.PgConn().CopyTo(ctx, &out, "copy ("+failingResult+") to stdout")
	return first(failed(err, "22012"), same(bytes.Count(out.Bytes(), []byte("\n")), 499))
}

func copyOutError(ctx context.Context, conn *pgx.Conn) (string, error) {
	return "22012 after 499 rows", failToCopyOut(ctx, conn)
}

func copyBinary(ctx context.Context, conn *pgx.Conn) (string, error) {
	if _, err := conn.Exec(ctx, "create temp table copied_binary as "+binarySource+" with no data"); err != nil {
		return "", err
	}
	var out, again bytes.Buffer
	if _, err := conn.PgConn().CopyTo(ctx, &out, "copy ("+binarySource+") to stdout (format binary)"); err != nil {
		return "", err
	}
	in := bytes.NewReader(out.Bytes())
	tag, err := conn.PgConn().CopyFrom(ctx, in, "copy copied_binary from stdin (format binary)")
	if err := first(err, same(tag.RowsAffected(), int64(binaryRows))); err != nil {
		return "", err
	}
	if _, err := conn.PgConn().CopyTo(ctx, &again, "copy copied_binary to stdout (format binary)"); err != nil {
		return "", err
	}
	wrong, err := conn.Exec(ctx, "table copied_binary except all "+binarySource)
	return fmt.Sprintf("%d bytes", out.Len()), first(
		same(bytes.HasPrefix(out.Bytes(), []byte(binarySignature)), true),
		same(bytes.Equal(out.Bytes(), again.Bytes()), true),
		err,
		same(wrong.RowsAffected(), int64(0)),
	)
}
