// Program pgx runs the checks named on its command line with pgx v5 and prints a line of JSON for
// each. Where to connect stands in libpq's environment variables.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
)

// A check says what it saw, or what was wrong.
type check func(ctx context.Context, conn *pgx.Conn) (string, error)

var checks = map[string]check{
	"tls-login":               tlsLogin,
	"simple-query":            simpleQuery,
	"several-statements":      severalStatements,
	"prepared-unnamed":        preparedUnnamed,
	"prepared-named":          preparedNamed,
	"prepared-again":          preparedAgain,
	"prepared-error":          preparedError,
	"pipeline":                pipelined,
	"pipeline-texts":          pipelinedTexts,
	"pipeline-error":          pipelineError,
	"cursor":                  cursor,
	"cursor-closed-early":     cursorClosedEarly,
	"cursor-error":            cursorError,
	"copy-in":                 copyIn,
	"copy-out":                copyOut,
	"copy-in-error":           copyInError,
	"copy-in-aborted":         copyInAborted,
	"copy-out-error":          copyOutError,
	"copy-binary":             copyBinary,
	"cancel":                  cancel,
	"cancel-copy":             cancelCopy,
	"binary-values":           binaryValues,
	"notify":                  notify,
	"notify-error":            notifyError,
	"large-object":            largeObject,
	"large-object-error":      largeObjectError,
	"big-statement":           bigStatement,
	"many-parameters":         manyParameters,
	"savepoint":               undone(savepointPlain),
	"savepoint-prepared":      savepointPrepared,
	"savepoint-simple":        undone(savepointSimple),
	"savepoint-binary":        undone(savepointBinary),
	"savepoint-pipeline":      undone(savepointPipeline),
	"savepoint-cursor":        undone(savepointCursor),
	"savepoint-copy-in":       undone(savepointCopyIn),
	"savepoint-copy-out":      undone(savepointCopyOut),
	"savepoint-cancel":        undone(savepointCancel),
	"savepoint-big-statement": undone(savepointBigStatement),
	"savepoint-big-result":    undone(savepointBigResult),
	"savepoint-big-value":     undone(savepointBigValue),
	"notices":                 notices,
	"transaction-status":      transactionStatus,
	"big-result":              readBigResult,
	"big-value":               bigValue,
	"big-parameter":           bigParameter,
}

type report struct {
	Name   string `json:"name"`
	Ok     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func main() {
	ctx := context.Background()
	encoder := json.NewEncoder(os.Stdout)
	var conn *pgx.Conn
	for _, name := range os.Args[1:] {
		detail, err := run(ctx, &conn, name)
		if err != nil {
			detail = err.Error()
			// Whatever is wrong with this connection, the next check gets a new one.
			if conn != nil {
				_ = conn.Close(ctx)
				conn = nil
			}
		}
		if err := encoder.Encode(report{name, err == nil, detail}); err != nil {
			panic(err)
		}
	}
	if conn != nil {
		_ = conn.Close(ctx)
	}
}

func connect(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig("")
	if err != nil {
		return nil, err
	}
	config.OnNotice = noteNotice
	return pgx.ConnectConfig(ctx, config)
}

// run runs one check on the shared connection, which must be usable and idle afterwards.
func run(ctx context.Context, conn **pgx.Conn, name string) (string, error) {
	action, ok := checks[name]
	if !ok {
		return "", fmt.Errorf("this driver has no such check")
	}
	if *conn == nil {
		opened, err := connect(ctx)
		if err != nil {
			return "", err
		}
		*conn = opened
	}
	detail, err := action(ctx, *conn)
	if err != nil {
		return "", err
	}
	var answer int
	if err := (*conn).QueryRow(ctx, "select 42").Scan(&answer); err != nil {
		return "", fmt.Errorf("unusable afterwards: %w", err)
	}
	return detail, first(same(answer, 42), same((*conn).PgConn().TxStatus(), byte('I')))
}
