package weir.e2e;

import static weir.e2e.Content.TEXT;
import static weir.e2e.Content.fails;
import static weir.e2e.Content.same;

import java.math.BigDecimal;
import java.sql.BatchUpdateException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.postgresql.PGStatement;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.jdbc.PreferQueryMode;

/** Simple, prepared and batched statements, and values of many types. */
final class Statements {
  private Statements() {}

  /** `sslmode=verify-full` lets no other connection come about. */
  static String tlsLogin(PgConnection connection) throws SQLException {
    same(System.getenv("PGSSLMODE"), "verify-full");
    return connection.getMetaData().getDatabaseProductVersion();
  }

  static String simpleQuery(PgConnection connection) throws Exception {
    same(Main.one(connection, "select 1"), 1);
    connection.getQueryExecutor().setPreferQueryMode(PreferQueryMode.SIMPLE);
    try (PreparedStatement statement = connection.prepareStatement("select ? || 'x', null")) {
      statement.setString(1, TEXT);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        same(Arrays.asList(rows.getString(1), rows.getString(2)), Arrays.asList(TEXT + "x", null));
      }
    } finally {
      connection.getQueryExecutor().setPreferQueryMode(PreferQueryMode.EXTENDED);
    }
    return "simple and extended";
  }

  static String severalStatements(PgConnection connection) throws Exception {
    List<Object> seen = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      boolean rows =
          statement.execute(
              "create temp table several (n int); insert into several select generate_series(1, 3);"
                  + "update several set n = n * 2; select sum(n) from several; drop table several");
      while (rows || statement.getUpdateCount() != -1) {
        if (rows) {
          ResultSet result = statement.getResultSet();
          result.next();
          seen.add("sum " + result.getLong(1));
        } else {
          seen.add(statement.getUpdateCount());
        }
        rows = statement.getMoreResults();
      }
    }
    same(seen, List.of(0, 3, 3, "sum 12", 0));
    fails("22012", () -> Main.execute(connection, "select 1; select 1 / 0; select 2"));
    return seen.toString();
  }

  static String preparedUnnamed(PgConnection connection) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement("select ?::int + 1, ?::text")) {
      statement.setInt(1, 41);
      statement.setString(2, TEXT);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        same(List.of(rows.getInt(1), rows.getString(2)), List.of(42, TEXT));
      }
    }
    return "as sent";
  }

  private static int twice(PreparedStatement statement, int n) throws SQLException {
    statement.setInt(1, n);
    try (ResultSet rows = statement.executeQuery()) {
      rows.next();
      return rows.getInt(1);
    }
  }

  static String preparedNamed(PgConnection connection) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement("select ?::int * 2")) {
      for (int n = 0; n < 200; n++) {
        same(twice(statement, n), n * 2);
      }
      same(statement.unwrap(PGStatement.class).isUseServerPrepare(), true);
      String count =
          "select count(*) from pg_prepared_statements where statement like 'select $1::int * 2%'";
      same(Main.one(connection, count), 1L);
    }
    return "200 runs of one statement";
  }

  /** pgjdbc prepares again, by itself, what the session forgot. */
  static String preparedAgain(PgConnection connection) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement("select ?::int * 3")) {
      statement.unwrap(PGStatement.class).setPrepareThreshold(1);
      for (String word : List.of("deallocate all", "discard all", "deallocate all")) {
        for (int n = 0; n < 10; n++) {
          same(twice(statement, n), n * 3);
        }
        Main.execute(connection, word);
      }
      same(twice(statement, 5), 15);
    }
    return "after deallocate all and discard all";
  }

  static String preparedError(PgConnection connection) throws Exception {
    fails("42601", () -> connection.prepareStatement("select from where").executeQuery());
    try (PreparedStatement statement = connection.prepareStatement("select 8 / ?::int")) {
      statement.unwrap(PGStatement.class).setPrepareThreshold(1);
      fails("22012", () -> twice(statement, 0));
      same(twice(statement, 4), 2);
    }
    return "42601, 22012, then 2";
  }

  static String pipeline(PgConnection connection) throws Exception {
    Main.execute(connection, "create temp table batched (n int primary key)");
    try (PreparedStatement batch =
        connection.prepareStatement("insert into batched values (?) returning n", new String[] {"n"})) {
      for (int n = 0; n < 1000; n++) {
        batch.setInt(1, n);
        batch.addBatch();
      }
      same(batch.executeBatch(), IntStream.range(0, 1000).map(n -> 1).toArray());
      List<Integer> keys = new ArrayList<>();
      try (ResultSet rows = batch.getGeneratedKeys()) {
        while (rows.next()) {
          keys.add(rows.getInt(1));
        }
      }
      same(keys, IntStream.range(0, 1000).boxed().toList());
    }
    return "1000 answers in order";
  }

  /** pgjdbc puts BEGIN before the first of them and one Sync behind the last. */
  static String pipelineTexts(PgConnection connection) throws Exception {
    Main.execute(connection, "create temp table words (n int, word text)");
    connection.setAutoCommit(false);
    try (Statement batch = connection.createStatement()) {
      for (int n = 0; n < 50; n++) {
        batch.addBatch("insert into words values (" + n + ", 'ü" + n + "\\')");
      }
      same(batch.executeBatch(), IntStream.range(0, 50).map(n -> 1).toArray());
      connection.commit();
    } finally {
      connection.setAutoCommit(true);
    }
    same(Main.one(connection, "select count(*) from words where word = 'ü' || n || '\\'"), 50L);
    return "50 texts";
  }

  static String pipelineError(PgConnection connection) throws Exception {
    Main.execute(connection, "create temp table broken (n int primary key)");
    try (PreparedStatement batch = connection.prepareStatement("insert into broken values (10 / ?)")) {
      for (int n : new int[] {1, 2, 0, 5}) {
        batch.setInt(1, n);
        batch.addBatch();
      }
      try {
        batch.executeBatch();
        throw new AssertionError("the batch went through");
      } catch (BatchUpdateException error) {
        same(error.getSQLState(), "22012");
        same(error.getUpdateCounts()[2], Statement.EXECUTE_FAILED);
      }
      same(Main.one(connection, "select count(*) from broken"), 0L);
      batch.setInt(1, 5);
      same(batch.executeUpdate(), 1);
    }
    return "22012, nothing inserted, then 1";
  }

  /** Above the threshold pgjdbc asks for the binary format, below it for text. */
  static String binaryValues(PgConnection connection) throws Exception {
    List<Object> sent =
        Arrays.asList(
            Integer.MIN_VALUE,
            Long.MAX_VALUE,
            new BigDecimal("12345678901234567890.123456789"),
            true,
            TEXT,
            Content.allBytes(256),
            OffsetDateTime.parse("2024-02-29T12:34:56.789012Z"),
            null,
            UUID.fromString("7d9f3a52-0e5c-4a53-9f0a-3c4d5e6f7081"),
            Double.NEGATIVE_INFINITY);
    String query =
        "select ?::int4, ?::int8, ?::numeric, ?::bool, ?::text, ?::bytea, ?::timestamptz, ?::text,"
            + " ?::uuid, ?::float8";
    for (int threshold : new int[] {0, -1}) {
      try (PreparedStatement statement = connection.prepareStatement(query)) {
        statement.unwrap(PGStatement.class).setPrepareThreshold(threshold);
        for (int round = 0; round < 3; round++) {
          same(echo(statement, sent), sent.toArray());
        }
      }
    }
    try (PreparedStatement statement = connection.prepareStatement("select ?::int4[]")) {
      statement.setArray(1, connection.createArrayOf("int4", new Integer[] {1, null, 3}));
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        same(rows.getArray(1).getArray(), new Integer[] {1, null, 3});
      }
    }
    return sent.size() + " values and an array, text and binary";
  }

  private static Object[] echo(PreparedStatement statement, List<Object> sent) throws SQLException {
    for (int i = 0; i < sent.size(); i++) {
      statement.setObject(i + 1, sent.get(i));
    }
    try (ResultSet rows = statement.executeQuery()) {
      rows.next();
      Object[] seen = new Object[sent.size()];
      for (int i = 0; i < seen.length; i++) {
        boolean time = sent.get(i) instanceof OffsetDateTime;
        seen[i] = time ? rows.getObject(i + 1, OffsetDateTime.class) : rows.getObject(i + 1);
      }
      return seen;
    }
  }
}
