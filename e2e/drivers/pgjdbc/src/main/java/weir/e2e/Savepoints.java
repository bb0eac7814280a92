package weir.e2e;

import static weir.e2e.Content.fails;
import static weir.e2e.Content.md5;
import static weir.e2e.Content.same;

import java.sql.BatchUpdateException;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.postgresql.PGStatement;
import org.postgresql.jdbc.AutoSave;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.util.PGBinaryObject;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLException;

/** What fails in the middle of a transaction is undone to a savepoint, and no further. */
final class Savepoints {
  /** Something that fails on the server. */
  interface Failing {
    void run(PgConnection connection) throws Exception;
  }

  private Savepoints() {}

  /** A check that goes back to a savepoint after what fails. */
  static Main.Check undone(Failing failing) {
    return connection -> {
      Main.execute(connection, "drop table if exists saved");
      Main.execute(connection, "create temp table saved (n int primary key)");
      Results.inTransaction(
          connection,
          () -> {
            insert(connection, 1);
            Savepoint before = connection.setSavepoint("before");
            insert(connection, 3);
            failing.run(connection);
            fails("25P02", () -> Main.one(connection, "select 1"));
            connection.rollback(before);
            insert(connection, 2);
          });
      same(Main.one(connection, "select string_agg(n::text, ',' order by n) from saved"), "1,2");
      return "what was before and after the error was kept";
    };
  }

  private static void insert(PgConnection connection, int n) throws SQLException {
    try (PreparedStatement insert = connection.prepareStatement("insert into saved values (?)")) {
      insert.setInt(1, n);
      insert.execute();
    }
  }

  /** Then the driver's own savepoints, around each statement. */
  static String plain(PgConnection connection) throws Exception {
    String seen = undone(same -> fails("23505", () -> insert(same, 1))).run(connection);
    connection.setAutosave(AutoSave.ALWAYS);
    try {
      Results.inTransaction(
          connection,
          () -> {
            insert(connection, 4);
            fails("23505", () -> insert(connection, 4));
            insert(connection, 5);
          });
    } finally {
      connection.setAutosave(AutoSave.NEVER);
    }
    same(Main.one(connection, "select sum(n)::int from saved"), 1 + 2 + 4 + 5);
    return seen;
  }

  static void simple(PgConnection connection) throws Exception {
    fails("22012", () -> Main.execute(connection, "select 1; select 1 / 0; select 2"));
  }

  private static int divide(PreparedStatement statement, int n) throws SQLException {
    statement.setInt(1, n);
    try (ResultSet rows = statement.executeQuery()) {
      rows.next();
      return rows.getInt(1);
    }
  }

  /** A statement stays prepared, whatever became of the transaction that prepared it. */
  static String prepared(PgConnection connection) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement("select 80 / ?::int")) {
      statement.unwrap(PGStatement.class).setPrepareThreshold(1);
      String seen =
          undone(
                  same -> {
                    same(divide(statement, 2), 40);
                    fails("22012", () -> divide(statement, 0));
                  })
              .run(connection);
      same(divide(statement, 4), 20);
      return seen;
    }
  }

  /** A point whose binary format is a byte too long. */
  private static final class LongPoint extends PGobject implements PGBinaryObject {
    private final int length;

    LongPoint(int length) {
      this.length = length;
      setType("point");
    }

    @Override
    public void setByteValue(byte[] value, int offset) {}

    @Override
    public int lengthInBytes() {
      return length;
    }

    @Override
    public void toBytes(byte[] bytes, int offset) {}

    /** What goes where the driver does not send the binary format. */
    @Override
    public String getValue() {
      return "(1,1)";
    }
  }

  static void binary(PgConnection connection) throws Exception {
    String query = "select (?::point)::text";
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setObject(1, new LongPoint(16));
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        same(rows.getString(1), "(0,0)");
      }
      statement.setObject(1, new LongPoint(17));
      fails("22P03", statement::executeQuery);
    }
  }

  static void pipeline(PgConnection connection) throws Exception {
    String query = "insert into saved values (100 / ?)";
    try (PreparedStatement batch = connection.prepareStatement(query)) {
      for (int n : new int[] {10, 0, 5}) {
        batch.setInt(1, n);
        batch.addBatch();
      }
      try {
        batch.executeBatch();
        throw new AssertionError("the batch went through");
      } catch (BatchUpdateException error) {
        same(error.getSQLState(), "22012");
        same(error.getUpdateCounts()[1], Statement.EXECUTE_FAILED);
      }
    }
  }

  /** A Statement does not pass on a cancel while its rows are fetched; the connection does. */
  static void cancelled(PgConnection connection) throws Exception {
    Object pid = Main.one(connection, "select pg_backend_pid()");
    try (Statement sleeper = connection.createStatement()) {
      sleeper.setFetchSize(100);
      CompletableFuture<Void> asked =
          CompletableFuture.runAsync(
              () -> Conversation.cancelAsleep(pid, connection::cancelQuery));
      int[] seen = {0};
      fails(
          "57014",
          () -> {
            try (ResultSet rows = sleeper.executeQuery(Content.SLEEPING_RESULT)) {
              while (rows.next()) {
                seen[0]++;
              }
            }
          });
      asked.get();
      same(seen[0], 900);
    }
  }

  /** The server says where in the text the fault is. */
  static void bigStatement(PgConnection connection) throws Exception {
    String literal = "weir ".repeat(Content.BIG_STATEMENT_LENGTH / 5);
    String query = "select '" + literal + "' from e2e_nowhere";
    try {
      Main.execute(connection, query);
    } catch (PSQLException error) {
      List<Object> seen = List.of(error.getSQLState(), error.getServerErrorMessage().getPosition());
      same(seen, List.of("42P01", query.indexOf("e2e_nowhere") + 1));
      return;
    }
    throw new AssertionError("the table is there");
  }

  static void bigResult(PgConnection connection) throws Exception {
    int[] count = {0};
    fails(
        "22012",
        () -> {
          try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(1000);
            try (ResultSet rows = statement.executeQuery(Content.BIG_FAILING_RESULT)) {
              while (rows.next()) {
                count[0]++;
                same(rows.getString(2), md5(String.valueOf(count[0])).repeat(32));
              }
            }
          }
        });
    same(count[0], Content.BIG_ROWS / 2);
  }

  /** Copied out, because pgjdbc gives no row of a piece that failed. */
  static void bigValue(PgConnection connection) throws Exception {
    Content.DigestStream out = new Content.DigestStream();
    String copy = "copy (" + Content.BIG_FAILING_VALUE + ") to stdout";
    fails("22012", () -> connection.getCopyAPI().copyOut(copy, out));
    String whole = md5("weir").repeat(Content.BIG_VALUE_LENGTH / 32) + "\t1\n";
    same(out.digest(), md5(whole));
  }
}
