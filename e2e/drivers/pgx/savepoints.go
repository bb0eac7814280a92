package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

// undone makes a check: what fails in the middle of a transaction is undone to a savepoint, and no
// further.
func undone(fail func(ctx context.Context, tx pgx.Tx) error) check {
	return func(ctx context.Context, conn *pgx.Conn) (string, error) {
		tables := "drop table if exists saved; create temp table saved (n int primary key)"
		if _, err := conn.PgConn().Exec(ctx, tables).ReadAll(); err != nil {
			return "", err
		}
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if err := insert(ctx, tx, 1); err != nil {
				return err
			}
			if err := undoNested(ctx, tx, fail); err != nil {
				return err
			}
			return insert(ctx, tx, 2)
		})
		if err != nil {
			return "", err
		}
		rows, err := conn.Query(ctx, "select n from saved order by n")
		if err != nil {
			return "", err
		}
		numbers, err := pgx.CollectRows(rows, pgx.RowTo[int])
		return "what was before and after the error was kept", first(err, same(numbers, []int{1, 2}))
	}
}

func insert(ctx context.Context, tx pgx.Tx, n int) error {
	_, err := tx.Exec(ctx, "insert into saved values ($1)", n)
	return err
}

func undoNested(ctx context.Context, tx pgx.Tx, fail func(ctx context.Context, tx pgx.Tx) error) error {
	nested, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	if err := insert(ctx, nested, 3); err != nil {
		return err
	}
	if err := fail(ctx, nested); err != nil {
		return err
	}
	_, skipped := nested.Exec(ctx, "select 1")
	return first(failed(skipped, "25P02"), nested.Rollback(ctx))
}

func savepointPlain(ctx context.Context, tx pgx.Tx) error {
	return failed(insert(ctx, tx, 1), "23505")
}

func savepointSimple(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Conn().PgConn().Exec(ctx, "select 1; select 1 / 0; select 2").ReadAll()
	return failed(err, "22012")
}

// A statement stays prepared, whatever became of the transaction that prepared it.
func savepointPrepared(ctx context.Context, conn *pgx.Conn) (string, error) {
	var n int
	seen, err := undone(func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Prepare(ctx, "e2e_divide", "select 8 / $1::int")
		if err := first(err, tx.QueryRow(ctx, "e2e_divide", 2).Scan(&n), same(n, 4)); err != nil {
			return err
		}
		return failed(tx.QueryRow(ctx, "e2e_divide", 0).Scan(&n), "22012")
	})(ctx, conn)
	if err != nil {
		return "", err
	}
	err = conn.QueryRow(ctx, "e2e_divide", 4).Scan(&n)
	return seen, first(err, same(n, 2))
}

// The bytes of a binary parameter go as they are: here a byte too many.
func savepointBinary(ctx context.Context, tx pgx.Tx) error {
	run := func(value []byte) *pgconn.Result {
		binary := []int16{pgtype.BinaryFormatCode}
		oids := []uint32{pgtype.Int4OID}
		return tx.Conn().PgConn().ExecParams(ctx, "select $1", [][]byte{value}, oids, binary, binary).Read()
	}
	right := run([]byte{0x80, 0, 0, 1})
	if right.Err != nil {
		return right.Err
	}
	return first(same(right.Rows[0][0], []byte{0x80, 0, 0, 1}), failed(run(make([]byte, 5)).Err, "22P03"))
}

func savepointPipeline(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	for _, n := range []int{1, 0, 2} {
		batch.Queue("select 8 / $1::int", n)
	}
	results := tx.SendBatch(ctx, batch)
	var n int
	err := results.QueryRow().Scan(&n)
	division := results.QueryRow().Scan(new(int))
	return first(err, same(n, 8), failed(division, "22012"), failed(results.Close(), "22012"))
}

func savepointCursor(ctx context.Context, tx pgx.Tx) error {
	return failToReadOn(ctx, tx)
}

func savepointCopyIn(ctx context.Context, tx pgx.Tx) error {
	return failToCopyIn(ctx, tx.Conn())
}

func savepointCopyOut(ctx context.Context, tx pgx.Tx) error {
	return failToCopyOut(ctx, tx.Conn())
}

func savepointCancel(ctx context.Context, tx pgx.Tx) error {
	var pid uint32
	if err := tx.QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
		return err
	}
	asked := make(chan error, 1)
	go func() { asked <- cancelWhenAsleep(ctx, pid, tx.Conn().PgConn()) }()
	rows, err := tx.Query(ctx, sleepingResult)
	if err != nil {
		return err
	}
	seen := 0
	for rows.Next() {
		seen++
	}
	return first(failed(rows.Err(), "57014"), <-asked, same(seen, 999))
}

// The server says where in the text the fault is.
func savepointBigStatement(ctx context.Context, tx pgx.Tx) error {
	literal := strings.Repeat("weir ", bigStatementLength/5)
	query := "select '" + literal + "' from e2e_nowhere where $1"
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeDescribeExec, pgx.QueryExecModeSimpleProtocol} {
		nested, err := tx.Begin(ctx)
		if err != nil {
			return err
		}
		_, err = nested.Exec(ctx, query, mode, true)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) {
			return fmt.Errorf("the table is there: %w", err)
		}
		seen := []any{refused.Code, refused.Position}
		expected := []any{"42P01", int32(strings.Index(query, "e2e_nowhere") + 1)}
		if err := first(same(seen, expected), nested.Rollback(ctx)); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, query, pgx.QueryExecModeDescribeExec, true)
	return failed(err, "42P01")
}

func savepointBigResult(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, bigFailingResult)
	if err != nil {
		return err
	}
	seen := 0
	for rows.Next() {
		seen++
		values := rows.RawValues()
		if !bytes.Equal(values[1], bytes.Repeat([]byte(md5Of(fmt.Sprint(seen))), 32)) {
			rows.Close()
			return fmt.Errorf("row %d is not what was asked for", seen)
		}
	}
	return first(failed(rows.Err(), "22012"), same(seen, bigRows/2))
}

func savepointBigValue(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, bigFailingValue)
	if err != nil {
		return err
	}
	var seen []string
	for rows.Next() {
		seen = append(seen, md5Of(string(rows.RawValues()[0])))
	}
	expected := md5Of(strings.Repeat(md5Of("weir"), bigValueLength/32))
	return first(failed(rows.Err(), "22012"), same(seen, []string{expected}))
}
