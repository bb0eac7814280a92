package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

func tlsLogin(_ context.Context, conn *pgx.Conn) (string, error) {
	secure, ok := conn.PgConn().Conn().(*tls.Conn)
	if !ok {
		return "", errors.New("not encrypted")
	}
	state := secure.ConnectionState()
	return tls.VersionName(state.Version), same([]any{state.HandshakeComplete, len(state.VerifiedChains)}, []any{true, 1})
}

func simpleQuery(ctx context.Context, conn *pgx.Conn) (string, error) {
	var one int
	var none *string
	err := conn.QueryRow(ctx, "select $1::int, null", pgx.QueryExecModeSimpleProtocol, 1).Scan(&one, &none)
	return "SELECT", first(err, same([]any{one, none}, []any{1, (*string)(nil)}))
}

func severalStatements(ctx context.Context, conn *pgx.Conn) (string, error) {
	results, err := conn.PgConn().Exec(ctx, `create temp table several (n int);
		insert into several select generate_series(1, 3); update several set n = n * 2;
		select sum(n) from several; drop table several`).ReadAll()
	if err != nil {
		return "", err
	}
	tags := make([]string, len(results))
	for i, result := range results {
		tags[i] = result.CommandTag.String()
	}
	seen := strings.Join(tags, ", ")
	_, err = conn.PgConn().Exec(ctx, "select 1; select 1 / 0; select 2").ReadAll()
	return seen, first(
		same(seen, "CREATE TABLE, INSERT 0 3, UPDATE 3, SELECT 1, DROP TABLE"),
		same(string(results[3].Rows[0][0]), "12"),
		failed(err, "22012"),
	)
}

func preparedUnnamed(ctx context.Context, conn *pgx.Conn) (string, error) {
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeCacheDescribe} {
		var n int
		var t string
		err := conn.QueryRow(ctx, "select $1::int + 1, $2::text", mode, 41, text).Scan(&n, &t)
		if err := first(err, same([]any{n, t}, []any{42, text})); err != nil {
			return "", err
		}
	}
	return "as sent, in three modes", nil
}

func preparedNamed(ctx context.Context, conn *pgx.Conn) (string, error) {
	if _, err := conn.Prepare(ctx, "e2e_named", "select $1::int * 2"); err != nil {
		return "", err
	}
	for n := range 200 {
		var double int
		err := conn.QueryRow(ctx, "e2e_named", n).Scan(&double)
		if err := first(err, same(double, n*2)); err != nil {
			return "", err
		}
	}
	var count int
	err := conn.QueryRow(ctx, "select count(*) from pg_prepared_statements where name = 'e2e_named'").Scan(&count)
	return "200 runs of one statement", first(err, same(count, 1))
}

func preparedAgain(ctx context.Context, conn *pgx.Conn) (string, error) {
	for factor := 2; factor < 5; factor++ {
		var n int
		_, err := conn.Prepare(ctx, "e2e_again", fmt.Sprintf("select $1::int * %d", factor))
		if err := first(err, conn.QueryRow(ctx, "e2e_again", 10).Scan(&n), same(n, 10*factor)); err != nil {
			return "", err
		}
		if err := conn.Deallocate(ctx, "e2e_again"); err != nil {
			return "", err
		}
	}
	// Without pgx's own record of names, the second Parse of one name is the server's to refuse.
	_, err := conn.PgConn().Prepare(ctx, "e2e_twice", "select 1", nil)
	_, again := conn.PgConn().Prepare(ctx, "e2e_twice", "select 2", nil)
	return "three texts under one name", first(err, failed(again, "42P05"), conn.PgConn().Deallocate(ctx, "e2e_twice"))
}

func preparedError(ctx context.Context, conn *pgx.Conn) (string, error) {
	_, syntax := conn.Prepare(ctx, "e2e_bad", "select from where")
	var n int
	division := conn.QueryRow(ctx, "select 1 / $1::int", 0).Scan(&n)
	err := conn.QueryRow(ctx, "select 8 / $1::int", 4).Scan(&n)
	return "42601, 22012, then 2", first(failed(syntax, "42601"), failed(division, "22012"), err, same(n, 2))
}

func pipelined(ctx context.Context, conn *pgx.Conn) (string, error) {
	batch := &pgx.Batch{}
	var seen, expected []int
	for n := range 1000 {
		expected = append(expected, n)
		batch.Queue("select $1::int", n).QueryRow(func(row pgx.Row) error {
			var answer int
			err := row.Scan(&answer)
			seen = append(seen, answer)
			return err
		})
	}
	if err := first(conn.SendBatch(ctx, batch).Close(), same(seen, expected)); err != nil {
		return "", err
	}
	return "1000 answers in order, and one after each flush", flushed(ctx, conn)
}

// flushed waits for each answer after a Flush, before the only Sync.
func flushed(ctx context.Context, conn *pgx.Conn) error {
	pipeline := conn.PgConn().StartPipeline(ctx)
	for n := range 5 {
		pipeline.SendQueryParams("select $1::int", [][]byte{fmt.Append(nil, n)}, nil, nil, nil)
		pipeline.SendFlushRequest()
		if err := pipeline.Flush(); err != nil {
			return err
		}
		results, err := pipeline.GetResults()
		reader, ok := results.(*pgconn.ResultReader)
		if err != nil || !ok {
			return fmt.Errorf("no result after a flush: %w", err)
		}
		rows := reader.Read()
		if err := first(rows.Err, same(string(rows.Rows[0][0]), fmt.Sprint(n))); err != nil {
			return err
		}
	}
	return first(pipeline.Sync(), pipeline.Close())
}

// pipelinedTexts sends different texts up to one Sync: prepared first, as pgx does by itself, and parsed
// between those that run.
func pipelinedTexts(ctx context.Context, conn *pgx.Conn) (string, error) {
	prepared := &pgx.Batch{}
	parsed := &pgconn.Batch{}
	var seen, expected []string
	for n := range 50 {
		word := fmt.Sprintf("ü%d\\", n)
		expected = append(expected, word)
		query := fmt.Sprintf("select $1 || '%s'", word)
		parsed.ExecParams(query, [][]byte{nil}, []uint32{pgtype.TextOID}, nil, nil)
		prepared.Queue(query, "").QueryRow(func(row pgx.Row) error {
			var answer string
			err := row.Scan(&answer)
			seen = append(seen, answer)
			return err
		})
	}
	err := first(conn.SendBatch(ctx, prepared).Close(), same(seen, expected))
	results, parsedErr := conn.PgConn().ExecBatch(ctx, parsed).ReadAll()
	return "100 texts", first(err, parsedErr, same(len(results), 50))
}

func pipelineError(ctx context.Context, conn *pgx.Conn) (string, error) {
	pipeline := conn.PgConn().StartPipeline(ctx)
	send := func(n string) {
		pipeline.SendQueryParams("select 8 / $1::int", [][]byte{[]byte(n)}, nil, nil, nil)
	}
	for _, n := range []string{"1", "0", "2"} {
		send(n)
	}
	pipeline.SendPipelineSync()
	send("4")
	if err := pipeline.Sync(); err != nil {
		return "", err
	}
	var seen []string
	for {
		results, err := pipeline.GetResults()
		if results == nil && err == nil {
			break
		}
		seen = append(seen, outcome(results, err))
	}
	err := first(same(seen, []string{"8", "22012", "sync", "2", "sync"}), pipeline.Close())
	return strings.Join(seen, ", "), first(err, brokenBatch(ctx, conn))
}

// brokenBatch leaves nothing behind: a batch is one transaction when nobody began another.
func brokenBatch(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "create temp table batched (n int)"); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue("insert into batched values ($1)", 1)
	batch.Queue("select 8 / $1::int", 0)
	batch.Queue("insert into batched values ($1)", 2)
	broken := conn.SendBatch(ctx, batch).Close()
	var count int
	err := conn.QueryRow(ctx, "select count(*) from batched").Scan(&count)
	return first(failed(broken, "22012"), err, same(count, 0))
}

func outcome(results any, err error) string {
	if reader, ok := results.(*pgconn.ResultReader); ok && err == nil {
		rows := reader.Read()
		if rows.Err == nil {
			return string(rows.Rows[0][0])
		}
		err = rows.Err
	}
	if _, ok := results.(*pgconn.PipelineSync); ok {
		return "sync"
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code
	}
	return fmt.Sprint(err)
}

func binaryValues(ctx context.Context, conn *pgx.Conn) (string, error) {
	when := time.Date(2024, 2, 29, 12, 34, 56, 789012000, time.UTC)
	sent := []any{
		int32(math.MinInt32), int64(math.MaxInt64), "12345678901234567890.123456789", true, text, allBytes(256),
		when, nil, []int32{1, 2, 3}, math.Inf(-1), [16]byte{0x7d, 0x9f, 15: 0x81},
	}
	query := `select $1::int4, $2::int8, $3::numeric, $4::bool, $5::text, $6::bytea, $7::timestamptz,
		$8::text, $9::int4[], $10::float8, $11::uuid`
	for _, format := range []int16{pgtype.BinaryFormatCode, pgtype.TextFormatCode} {
		formats := make(pgx.QueryResultFormats, len(sent))
		for i := range formats {
			formats[i] = format
		}
		rows, err := conn.Query(ctx, query, append([]any{formats}, sent...)...)
		if err != nil {
			return "", err
		}
		got, err := pgx.CollectExactlyOneRow(rows, scanValues)
		if err != nil {
			return "", err
		}
		if err := same(got, sent); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d values, binary and text", len(sent)), nil
}

func scanValues(row pgx.CollectableRow) ([]any, error) {
	var (
		a int32
		b int64
		c string
		d bool
		e string
		f []byte
		g time.Time
		h *string
		i []int32
		j float64
		k [16]byte
	)
	var numeric pgtype.Numeric
	if err := row.Scan(&a, &b, &numeric, &d, &e, &f, &g, &h, &i, &j, &k); err != nil {
		return nil, err
	}
	value, err := numeric.Value()
	if err != nil || h != nil {
		return nil, fmt.Errorf("numeric or null: %v %v", err, h)
	}
	c = fmt.Sprint(value)
	return []any{a, b, c, d, e, f, g.UTC(), nil, i, j, k}, nil
}
