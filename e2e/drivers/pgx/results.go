package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// pgx has no row limit of its own; a cursor in SQL is what its users take.
func cursor(ctx context.Context, conn *pgx.Conn) (string, error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	if _, err := tx.Exec(ctx, "declare e2e cursor for select i from generate_series(1, 1000) i"); err != nil {
		return "", err
	}
	var sizes []int
	var sum int64
	for {
		rows, err := tx.Query(ctx, "fetch 300 from e2e")
		if err != nil {
			return "", err
		}
		numbers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return "", err
		}
		if len(numbers) == 0 {
			break
		}
		sizes = append(sizes, len(numbers))
		for _, n := range numbers {
			sum += n
		}
	}
	return fmt.Sprint(sizes), first(tx.Commit(ctx), same(sizes, []int{300, 300, 300, 100}), same(sum, sumTo(1000)))
}

func cursorClosedEarly(ctx context.Context, conn *pgx.Conn) (string, error) {
	rows, err := conn.Query(ctx, "select i from generate_series(1, $1::int) i", 1_000_000)
	if err != nil {
		return "", err
	}
	for n := range 10 {
		var i int
		if !rows.Next() {
			return "", fmt.Errorf("ended at row %d", n)
		}
		if err := first(rows.Scan(&i), same(i, n+1)); err != nil {
			return "", err
		}
	}
	rows.Close()
	return "left after 10 of 1,000,000 rows", rows.Err()
}

// failToReadOn reads rows until the server fails.
func failToReadOn(ctx context.Context, on interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
}) error {
	rows, err := on.Query(ctx, failingResult)
	if err != nil {
		return err
	}
	seen := 0
	for rows.Next() {
		seen++
	}
	return first(failed(rows.Err(), "22012"), same(seen, 499))
}

// In a result that is read as it comes, then in a cursor.
func cursorError(ctx context.Context, conn *pgx.Conn) (string, error) {
	if err := failToReadOn(ctx, conn); err != nil {
		return "", err
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "declare e2e cursor for "+failingResult); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "fetch 400 from e2e")
		if err := first(err, same(tag.RowsAffected(), int64(400))); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "fetch 400 from e2e")
		return err
	})
	return "22012 after 499 rows, and after 400", failed(err, "22012")
}

func bigStatement(ctx context.Context, conn *pgx.Conn) (string, error) {
	literal := strings.Repeat("weir ", bigStatementLength/5)
	query := "select length(t), md5(t) from (select '" + literal + "' t) s where $1::bool"
	expected := []any{bigStatementLength, md5Of(literal)}
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeDescribeExec, pgx.QueryExecModeSimpleProtocol} {
		var length int
		var digest string
		err := conn.QueryRow(ctx, query, mode, true).Scan(&length, &digest)
		if err := first(err, same([]any{length, digest}, expected)); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d characters, extended and simple", bigStatementLength), nil
}

func manyParameters(ctx context.Context, conn *pgx.Conn) (string, error) {
	values := make([]any, mostParameters)
	places := make([]string, mostParameters)
	for i := range values {
		values[i] = int64(i + 1)
		places[i] = fmt.Sprintf("($%d::int8)", i+1)
	}
	query := "select count(*), sum(v)::int8 from (values " + strings.Join(places, ",") + ") t(v)"
	var count, sum int64
	err := conn.QueryRow(ctx, query, values...).Scan(&count, &sum)
	return fmt.Sprintf("%d parameters", mostParameters),
		first(err, same([]int64{count, sum}, []int64{mostParameters, sumTo(mostParameters)}))
}

func readBigResult(ctx context.Context, conn *pgx.Conn) (string, error) {
	rows, err := conn.Query(ctx, bigResult)
	if err != nil {
		return "", err
	}
	expected := 0
	for rows.Next() {
		var i int
		var content string
		expected++
		if err := first(rows.Scan(&i, &content), same(i, expected)); err != nil {
			return "", err
		}
		if content != strings.Repeat(md5Of(fmt.Sprint(i)), 32) {
			return "", fmt.Errorf("row %d is not what was asked for", i)
		}
	}
	return fmt.Sprintf("%d rows", expected), first(rows.Err(), same(expected, bigRows))
}

func bigValue(ctx context.Context, conn *pgx.Conn) (string, error) {
	var content string
	err := conn.QueryRow(ctx, "select repeat(md5('weir'), $1)", bigValueLength/32).Scan(&content)
	return fmt.Sprintf("%d characters", len(content)),
		first(err, same(len(content), bigValueLength), same(md5Of(content), md5Of(strings.Repeat(md5Of("weir"), bigValueLength/32))))
}

func bigParameter(ctx context.Context, conn *pgx.Conn) (string, error) {
	value := allBytes(bigValueLength)
	var length int
	var digest string
	err := conn.QueryRow(ctx, "select length(v), md5(v) from (select $1::bytea v) s", value).Scan(&length, &digest)
	return fmt.Sprintf("%d bytes", length), first(err, same([]any{length, digest}, []any{len(value), md5Of(string(value))}))
}
