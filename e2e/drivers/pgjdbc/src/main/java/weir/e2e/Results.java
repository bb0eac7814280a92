package weir.e2e;

import static weir.e2e.Content.BIG_STATEMENT_LENGTH;
import static weir.e2e.Content.BIG_VALUE_LENGTH;
import static weir.e2e.Content.MOST_PARAMETERS;
import static weir.e2e.Content.fails;
import static weir.e2e.Content.md5;
import static weir.e2e.Content.same;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.List;
import org.postgresql.jdbc.PgConnection;

/** Results that are read in pieces, and very large ones. */
final class Results {
  private static final String SERIES = "select i from generate_series(1, ?::int) i";

  private Results() {}

  /** Inside a transaction, a fetch size makes pgjdbc use portals with a row limit. */
  static void inTransaction(PgConnection connection, Content.Action action) throws Exception {
    connection.setAutoCommit(false);
    try {
      action.run();
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  static String cursor(PgConnection connection) throws Exception {
    inTransaction(
        connection,
        () -> {
          try (PreparedStatement statement = connection.prepareStatement(SERIES)) {
            statement.setFetchSize(300);
            statement.setInt(1, 1000);
            long sum = 0;
            try (ResultSet rows = statement.executeQuery()) {
              while (rows.next()) {
                sum += rows.getInt(1);
              }
            }
            same(sum, Content.sumTo(1000));
            statement.setMaxRows(450);
            try (ResultSet rows = statement.executeQuery()) {
              int count = 0;
              while (rows.next()) {
                count++;
              }
              same(count, 450);
            }
          }
        });
    return "1000 rows by 300, then no more than 450";
  }

  static String cursorClosedEarly(PgConnection connection) throws Exception {
    inTransaction(
        connection,
        () -> {
          try (PreparedStatement statement = connection.prepareStatement(SERIES)) {
            statement.setFetchSize(10);
            statement.setInt(1, 1_000_000);
            try (ResultSet rows = statement.executeQuery()) {
              for (int n = 1; n <= 25; n++) {
                rows.next();
                same(rows.getInt(1), n);
                // Other statements run while the portal stays open.
                same(Main.one(connection, "select 7"), 7);
              }
            }
          }
        });
    return "left after 25 of 1,000,000 rows, with other statements in between";
  }

  static String cursorError(PgConnection connection) throws Exception {
    inTransaction(connection, () -> failToReadOn(connection));
    return "22012 after 400 rows";
  }

  /** Inside a transaction: reads through a portal until the server fails. */
  static void failToReadOn(PgConnection connection) throws Exception {
    int[] seen = {0};
    try (Statement statement = connection.createStatement()) {
      statement.setFetchSize(100);
      fails(
          "22012",
          () -> {
            try (ResultSet rows = statement.executeQuery(Content.FAILING_RESULT)) {
              while (rows.next()) {
                seen[0]++;
              }
            }
          });
    }
    same(seen[0], 400);
  }

  static String bigStatement(PgConnection connection) throws SQLException {
    String literal = "weir ".repeat(BIG_STATEMENT_LENGTH / 5);
    String query = "select length(t), md5(t) from (select '" + literal + "' t) s";
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      same(List.of(rows.getInt(1), rows.getString(2)), List.of(BIG_STATEMENT_LENGTH, md5(literal)));
    }
    return BIG_STATEMENT_LENGTH + " characters";
  }

  static String manyParameters(PgConnection connection) throws SQLException {
    String places = String.join(",", Collections.nCopies(MOST_PARAMETERS, "(?::int8)"));
    String query = "select count(*), sum(v)::int8 from (values " + places + ") t(v)";
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      for (int i = 1; i <= MOST_PARAMETERS; i++) {
        statement.setLong(i, i);
      }
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        List<Long> expected = List.of((long) MOST_PARAMETERS, Content.sumTo(MOST_PARAMETERS));
        same(List.of(rows.getLong(1), rows.getLong(2)), expected);
      }
    }
    return MOST_PARAMETERS + " parameters";
  }

  static String bigResult(PgConnection connection) throws Exception {
    int[] count = {0};
    inTransaction(
        connection,
        () -> {
          try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(1000);
            try (ResultSet rows = statement.executeQuery(Content.BIG_RESULT)) {
              while (rows.next()) {
                count[0]++;
                same(rows.getInt(1), count[0]);
                same(rows.getString(2), md5(String.valueOf(count[0])).repeat(32));
              }
            }
          }
        });
    same(count[0], Content.BIG_ROWS);
    return count[0] + " rows";
  }

  static String bigValue(PgConnection connection) throws SQLException {
    String query = "select repeat(md5('weir'), " + BIG_VALUE_LENGTH / 32 + ")";
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      byte[] bytes = rows.getBytes(1);
      same(bytes.length, BIG_VALUE_LENGTH);
      same(md5(bytes), md5(md5("weir").repeat(BIG_VALUE_LENGTH / 32)));
    }
    return BIG_VALUE_LENGTH + " bytes";
  }

  static String bigParameter(PgConnection connection) throws SQLException {
    byte[] value = Content.allBytes(BIG_VALUE_LENGTH);
    String query = "select length(v), md5(v) from (select ?::bytea v) s";
    try (PreparedStatement statement = connection.prepareStatement(query)) {
      statement.setBytes(1, value);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        same(List.of(rows.getInt(1), rows.getString(2)), List.of(BIG_VALUE_LENGTH, md5(value)));
      }
    }
    return BIG_VALUE_LENGTH + " bytes";
  }
}
