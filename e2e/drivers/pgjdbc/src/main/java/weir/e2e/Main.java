package weir.e2e;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import org.postgresql.jdbc.PgConnection;

/**
 * Runs the checks named on the command line with pgjdbc and prints a line of JSON for each. Where to
 * connect stands in libpq's environment variables.
 */
public final class Main {
  /** A check says what it saw, and throws when that was wrong. */
  interface Check {
    String run(PgConnection connection) throws Exception;
  }

  private static final Map<String, Check> CHECKS =
      Map.ofEntries(
          Map.entry("tls-login", Statements::tlsLogin),
          Map.entry("simple-query", Statements::simpleQuery),
          Map.entry("several-statements", Statements::severalStatements),
          Map.entry("prepared-unnamed", Statements::preparedUnnamed),
          Map.entry("prepared-named", Statements::preparedNamed),
          Map.entry("prepared-again", Statements::preparedAgain),
          Map.entry("prepared-error", Statements::preparedError),
          Map.entry("pipeline", Statements::pipeline),
          Map.entry("pipeline-texts", Statements::pipelineTexts),
          Map.entry("pipeline-error", Statements::pipelineError),
          Map.entry("binary-values", Statements::binaryValues),
          Map.entry("cursor", Results::cursor),
          Map.entry("cursor-closed-early", Results::cursorClosedEarly),
          Map.entry("cursor-error", Results::cursorError),
          Map.entry("big-statement", Results::bigStatement),
          Map.entry("many-parameters", Results::manyParameters),
          Map.entry("big-result", Results::bigResult),
          Map.entry("big-value", Results::bigValue),
          Map.entry("big-parameter", Results::bigParameter),
          Map.entry("copy-in", Copying::copyIn),
          Map.entry("copy-out", Copying::copyOut),
          Map.entry("copy-in-error", Copying::copyInError),
          Map.entry("copy-in-aborted", Copying::copyInAborted),
          Map.entry("copy-out-error", Copying::copyOutError),
          Map.entry("copy-binary", Copying::copyBinary),
          Map.entry("cancel", Conversation::cancel),
          Map.entry("cancel-copy", Conversation::cancelCopy),
          Map.entry("notify", Conversation::notifications),
          Map.entry("notify-error", Conversation::notificationsError),
          Map.entry("large-object", LargeObjects::largeObject),
          Map.entry("large-object-error", LargeObjects::largeObjectError),
          Map.entry("savepoint", Savepoints::plain),
          Map.entry("savepoint-simple", Savepoints.undone(Savepoints::simple)),
          Map.entry("savepoint-prepared", Savepoints::prepared),
          Map.entry("savepoint-binary", Savepoints.undone(Savepoints::binary)),
          Map.entry("savepoint-pipeline", Savepoints.undone(Savepoints::pipeline)),
          Map.entry("savepoint-cursor", Savepoints.undone(Results::failToReadOn)),
          Map.entry("savepoint-copy-in", Savepoints.undone(Copying::failToCopyIn)),
          Map.entry("savepoint-copy-out", Savepoints.undone(Copying::failToCopyOut)),
          Map.entry("savepoint-cancel", Savepoints.undone(Savepoints::cancelled)),
          Map.entry("savepoint-big-statement", Savepoints.undone(Savepoints::bigStatement)),
          Map.entry("savepoint-big-result", Savepoints.undone(Savepoints::bigResult)),
          Map.entry("savepoint-big-value", Savepoints.undone(Savepoints::bigValue)),
          Map.entry("notices", Conversation::notices),
          Map.entry("transaction-status", Conversation::transactionStatus));

  private Main() {}

  public static void main(String[] names) throws SQLException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    PgConnection connection = null;
    for (String name : names) {
      boolean ok = true;
      String detail;
      try {
        if (connection == null) {
          connection = connect();
        }
        detail = run(CHECKS.get(name), connection);
      } catch (Exception | AssertionError error) {
        ok = false;
        detail = error + " at " + Arrays.toString(error.getStackTrace());
        if (connection != null) {
          connection.close();
        }
        connection = null;
      }
      out.println("{\"name\":\"%s\",\"ok\":%s,\"detail\":\"%s\"}".formatted(name, ok, escape(detail)));
    }
    if (connection != null) {
      connection.close();
    }
  }

  static PgConnection connect() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", System.getenv("PGUSER"));
    properties.setProperty("password", System.getenv("PGPASSWORD"));
    properties.setProperty("sslmode", System.getenv("PGSSLMODE"));
    properties.setProperty("sslrootcert", System.getenv("PGSSLROOTCERT"));
    String host = System.getenv("PGHOST");
    String port = System.getenv("PGPORT");
    String url = "jdbc:postgresql://%s:%s/%s".formatted(host, port, System.getenv("PGDATABASE"));
    return DriverManager.getConnection(url, properties).unwrap(PgConnection.class);
  }

  /** The connection must be usable, and idle, after each check. */
  private static String run(Check check, PgConnection connection) throws Exception {
    if (check == null) {
      throw new AssertionError("this driver has no such check");
    }
    String detail = check.run(connection);
    Content.same(one(connection, "select 42"), 42);
    Content.same(connection.getTransactionState().name(), "IDLE");
    return detail;
  }

  /** The only value of a query's result. */
  static Object one(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getObject(1);
    }
  }

  static void execute(Connection connection, String query) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(query);
    }
  }

  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder();
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        escaped.append('\\').append(c);
      } else if (c < ' ') {
        escaped.append("\\u%04x".formatted((int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }
}
