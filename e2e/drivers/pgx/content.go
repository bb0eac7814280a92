package main

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The content that the checks send and expect; the same as in src/content.ts.
const (
	bigRows            = 100_000
	bigResult          = "select i, repeat(md5(i::text), 32) from generate_series(1, 100000) i"
	bigValueLength     = 32 * 6_553_600
	bigStatementLength = 10_000_000
	mostParameters     = 65_535
	failingResult      = "select i, 1000 / (500 - i) from generate_series(1, 1000) i"
	bigFailingResult   = "select i, repeat(md5(i::text), 32), 1 / (50001 - i) from generate_series(1, 100000) i"
	bigFailingValue    = "select repeat(md5('weir'), 6553600), 1 / (2 - i) from generate_series(1, 2) i"
	sleepingResult     = "select i, case when i = 1000 then pg_sleep(30)::text else repeat('x', 100) end from generate_series(1, 1000) i"
	binaryRows         = 20_000
	binarySource       = `select i, i * 1000000007::int8 as big, i / 7.0 as ratio, md5(i::text) as text,
		case when i % 10 > 0 then sha256(i::text::bytea) end as bytes, array[i, null, -i] as list
		from generate_series(1, 20000) i`
	binarySignature = "PGCOPY\n\xff\r\n\x00"
	text            = "Grüße, 日本語, 🌊 'quoted' \"double\" \\ back\nnext"
)

// A step is a statement, and the SQLSTATE that it must fail with, if any.
type step struct{ query, code string }

// notifyingSteps notify a channel in transactions that are kept, undone in part, and undone.
func notifyingSteps(channel string) []step {
	return []step{
		{"begin", ""},
		{"notify " + channel + ", 'before'", ""},
		{"savepoint here", ""},
		{"notify " + channel + ", 'undone'", ""},
		{"select pg_notify('" + channel + "', repeat('x', 8000))", "22023"},
		{"rollback to savepoint here", ""},
		{"notify " + channel + ", 'after'", ""},
		{"commit", ""},
		{"begin", ""},
		{"notify " + channel + ", 'undone as well'", ""},
		{"select 1 / 0", "22012"},
		{"rollback", ""},
		{"notify " + channel + ", 'end'", ""},
	}
}

func committedPayloads() []string {
	return []string{"before", "after", "end"}
}

func md5Of(content string) string {
	sum := md5.Sum([]byte(content))
	return hex.EncodeToString(sum[:])
}

func sumTo(n int64) int64 {
	return n * (n + 1) / 2
}

// same fails unless both values are deeply equal.
func same(seen, expected any) error {
	if reflect.DeepEqual(seen, expected) {
		return nil
	}
	return fmt.Errorf("saw %.500s, expected %.500s", fmt.Sprintf("%v", seen), fmt.Sprintf("%v", expected))
}

// failed fails unless the error is the server's, with this SQLSTATE.
func failed(err error, code string) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return same(refused.Code, code)
	}
	return fmt.Errorf("expected SQLSTATE %s, got %v", code, err)
}

// first returns the first error.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// allBytes is every byte value, repeated to a length.
func allBytes(length int) []byte {
	one := make([]byte, 256)
	for i := range one {
		one[i] = byte(i)
	}
	return []byte(strings.Repeat(string(one), length/256))
}
