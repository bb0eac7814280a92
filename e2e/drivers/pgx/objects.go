package main

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"
)

const readWrite = pgx.LargeObjectModeRead | pgx.LargeObjectModeWrite

func largeObject(ctx context.Context, conn *pgx.Conn) (string, error) {
	content := allBytes(1 << 20)
	var read []byte
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		objects := tx.LargeObjects()
		oid, err := objects.Create(ctx, 0)
		if err != nil {
			return err
		}
		object, err := objects.Open(ctx, oid, readWrite)
		if err != nil {
			return err
		}
		if _, err := io.Copy(object, bytes.NewReader(content)); err != nil {
			return err
		}
		if _, err := object.Seek(300, io.SeekStart); err != nil {
			return err
		}
		read, err = io.ReadAll(object)
		return first(err, object.Close(), objects.Unlink(ctx, oid))
	})
	return fmt.Sprintf("%d bytes", len(content)), first(err, same(bytes.Equal(read, content[300:]), true))
}

// What was written since the savepoint is undone; the object stays open until the transaction ends.
func largeObjectError(ctx context.Context, conn *pgx.Conn) (string, error) {
	content := allBytes(1 << 20)
	half := len(content) / 2
	var oid uint32
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		objects := tx.LargeObjects()
		var err error
		if oid, err = objects.Create(ctx, 0); err != nil {
			return err
		}
		object, err := objects.Open(ctx, oid, readWrite)
		if err != nil {
			return err
		}
		if _, err := object.Write(content[:half]); err != nil {
			return err
		}
		wrong := pgx.BeginFunc(ctx, tx, func(pgx.Tx) error {
			if _, err := object.Write(make([]byte, half)); err != nil {
				return err
			}
			_, err := object.Seek(-1, io.SeekStart)
			return err
		})
		if err := failed(wrong, "22023"); err != nil {
			return err
		}
		_, seeking := object.Seek(int64(half), io.SeekStart)
		_, writing := object.Write(content[half:])
		return first(seeking, writing, object.Close())
	})
	if err != nil {
		return "", err
	}
	var kept []byte
	var removed int
	err = conn.QueryRow(ctx, "select lo_get($1)", oid).Scan(&kept)
	removing := conn.QueryRow(ctx, "select lo_unlink($1)", oid).Scan(&removed)
	return "22023 behind the first half",
		first(err, same(bytes.Equal(kept, content), true), removing, same(removed, 1))
}
