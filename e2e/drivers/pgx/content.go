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
	text               = "Grüße, 日本語, 🌊 'quoted' \"double\" \\ back\nnext"
)

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
