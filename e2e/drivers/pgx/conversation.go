package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

func cancel(ctx context.Context, conn *pgx.Conn) (string, error) {
	var pid uint32
	if err := conn.QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
		return "", err
	}
	asked := make(chan error, 1)
	go func() { asked <- cancelWhenAsleep(ctx, pid, conn.PgConn()) }()
	_, err := conn.Exec(ctx, "select pg_sleep(30)")
	return "57014", first(failed(err, "57014"), <-asked)
}

func cancelCopy(ctx context.Context, conn *pgx.Conn) (string, error) {
	var pid uint32
	if err := conn.QueryRow(ctx, "select pg_backend_pid()").Scan(&pid); err != nil {
		return "", err
	}
	asked := make(chan error, 1)
	go func() { asked <- cancelWhenAsleep(ctx, pid, conn.PgConn()) }()
	var out bytes.Buffer
	_, err := conn.PgConn().CopyTo(ctx, &out, "copy ("+sleepingResult+") to stdout")
	rows := bytes.Count(out.Bytes(), []byte("\n"))
	return "57014 after 999 rows", first(failed(err, "57014"), <-asked, same(rows, 999))
}

func cancelWhenAsleep(ctx context.Context, pid uint32, sleeper *pgconn.PgConn) error {
	observer, err := connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = observer.Close(ctx) }()
	for asleep := false; !asleep; {
		query := "select exists (select from pg_stat_activity where pid = $1 and wait_event = 'PgSleep')"
		if err := observer.QueryRow(ctx, query, pid).Scan(&asleep); err != nil {
			return err
		}
	}
	return sleeper.CancelRequest(ctx)
}

func notify(ctx context.Context, conn *pgx.Conn) (string, error) {
	sender, err := connect(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = sender.Close(ctx) }()
	if _, err := conn.Exec(ctx, "listen e2e_pgx"); err != nil {
		return "", err
	}
	expected := []string{text}
	for n := range 20 {
		expected = append(expected, fmt.Sprintf("number %d", n))
	}
	for _, payload := range expected {
		if _, err := sender.Exec(ctx, "select pg_notify('e2e_pgx', $1)", payload); err != nil {
			return "", err
		}
	}
	seen, err := receive(ctx, conn, len(expected))
	return fmt.Sprintf("%d notifications in order", len(seen)), first(err, same(seen, expected))
}

func notifyError(ctx context.Context, conn *pgx.Conn) (string, error) {
	sender, err := connect(ctx)
	if err != nil {
		return "", err
	}
	defer func() { _ = sender.Close(ctx) }()
	if _, err := conn.Exec(ctx, "listen e2e_pgx_error"); err != nil {
		return "", err
	}
	for _, step := range notifyingSteps("e2e_pgx_error") {
		_, err := sender.Exec(ctx, step.query)
		if step.code != "" {
			err = failed(err, step.code)
		}
		if err != nil {
			return "", fmt.Errorf("%s: %w", step.query, err)
		}
	}
	seen, err := receive(ctx, conn, len(committedPayloads()))
	return strings.Join(seen, ", "), first(err, same(seen, committedPayloads()))
}

// receive waits for so many notifications, and for no more.
func receive(ctx context.Context, conn *pgx.Conn, count int) ([]string, error) {
	limited, stop := context.WithTimeout(ctx, 30*time.Second)
	defer stop()
	var seen []string
	for range count {
		notification, err := conn.WaitForNotification(limited)
		if err != nil {
			return seen, err
		}
		seen = append(seen, notification.Payload)
	}
	_, err := conn.Exec(ctx, "unlisten *")
	return seen, err
}

var noticed []string

func noteNotice(_ *pgconn.PgConn, notice *pgconn.Notice) {
	noticed = append(noticed, strings.Join([]string{notice.Severity, notice.Code, notice.Message}, " "))
}

func notices(ctx context.Context, conn *pgx.Conn) (string, error) {
	noticed = nil
	_, err := conn.Exec(ctx, `do $$ begin raise notice 'one %', 1; raise warning 'two';
		raise info using message = 'three', errcode = '01W01'; end $$`)
	return "3 notices", first(err, same(noticed, []string{"NOTICE 00000 one 1", "WARNING 01000 two", "INFO 01W01 three"}))
}

func transactionStatus(ctx context.Context, conn *pgx.Conn) (string, error) {
	var seen []string
	for _, query := range []string{"select 1", "begin", "select 1", "select 1/0", "select 1", "commit"} {
		tag, err := conn.Exec(ctx, query, pgx.QueryExecModeSimpleProtocol)
		result := tag.String()
		var refused *pgconn.PgError
		if errors.As(err, &refused) {
			result = refused.Code
		}
		seen = append(seen, fmt.Sprintf("%s %c", result, conn.PgConn().TxStatus()))
	}
	expected := []string{"SELECT 1 I", "BEGIN T", "SELECT 1 T", "22012 E", "25P02 E", "ROLLBACK I"}
	return strings.Join(seen, ", "), same(seen, expected)
}
