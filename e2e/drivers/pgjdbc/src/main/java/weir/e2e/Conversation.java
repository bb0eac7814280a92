package weir.e2e;

import static weir.e2e.Content.TEXT;
import static weir.e2e.Content.fails;
import static weir.e2e.Content.same;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.postgresql.PGNotification;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.util.PSQLWarning;

/** What goes beyond one statement: cancelling, notifications, transactions, notices. */
final class Conversation {
  private Conversation() {}

  static String cancel(PgConnection connection) throws Exception {
    Object pid = Main.one(connection, "select pg_backend_pid()");
    try (Statement sleeper = connection.createStatement()) {
      CompletableFuture<Void> asked = CompletableFuture.runAsync(() -> cancelAsleep(pid, sleeper::cancel));
      fails("57014", () -> sleeper.execute("select pg_sleep(30)"));
      asked.get();
    }
    return "57014";
  }

  static String cancelCopy(PgConnection connection) throws Exception {
    Object pid = Main.one(connection, "select pg_backend_pid()");
    CompletableFuture<Void> asked =
        CompletableFuture.runAsync(() -> cancelAsleep(pid, connection::cancelQuery));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String query = "copy (" + Content.SLEEPING_RESULT + ") to stdout";
    fails("57014", () -> connection.getCopyAPI().copyOut(query, out));
    asked.get();
    same(out.toString(StandardCharsets.UTF_8).lines().count(), 999L);
    return "57014 after 999 rows";
  }

  /** Asks for the end of what a session does as soon as it sleeps. */
  static void cancelAsleep(Object pid, Content.Action cancel) {
    String asleep =
        "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and pid = " + pid;
    try (PgConnection observer = Main.connect()) {
      while (!Main.one(observer, asleep).equals(1L)) {
        Thread.onSpinWait();
      }
      cancel.run();
    } catch (Exception error) {
      throw new IllegalStateException(error);
    }
  }

  static String notifications(PgConnection connection) throws Exception {
    List<String> expected = new ArrayList<>(List.of(TEXT));
    for (int n = 0; n < 20; n++) {
      expected.add("number " + n);
    }
    Main.execute(connection, "listen e2e_pgjdbc");
    try (PgConnection sender = Main.connect();
        PreparedStatement send = sender.prepareStatement("select pg_notify('e2e_pgjdbc', ?)")) {
      for (String payload : expected) {
        send.setString(1, payload);
        send.execute();
      }
    }
    List<String> seen = receive(connection, expected.size());
    same(seen, expected);
    return seen.size() + " notifications in order";
  }

  static String notificationsError(PgConnection connection) throws Exception {
    Main.execute(connection, "listen e2e_pgjdbc_error");
    try (PgConnection sender = Main.connect()) {
      for (Content.Step step : Content.notifyingSteps("e2e_pgjdbc_error")) {
        if (step.state().isEmpty()) {
          Main.execute(sender, step.query());
        } else {
          fails(step.state(), () -> Main.execute(sender, step.query()));
        }
      }
    }
    List<String> seen = receive(connection, Content.COMMITTED_PAYLOADS.size());
    same(seen, Content.COMMITTED_PAYLOADS);
    return seen.toString();
  }

  private static List<String> receive(PgConnection connection, int count) throws SQLException {
    List<String> seen = new ArrayList<>();
    while (seen.size() < count) {
      PGNotification[] arrived = connection.getNotifications(30_000);
      if (arrived == null || arrived.length == 0) {
        throw new AssertionError("only " + seen);
      }
      for (PGNotification notification : arrived) {
        seen.add(notification.getParameter());
      }
    }
    Main.execute(connection, "unlisten *");
    return seen;
  }

  static String notices(PgConnection connection) throws SQLException {
    List<String> seen = new ArrayList<>();
    try (Statement statement = connection.createStatement()) {
      statement.execute(
          "do $$ begin raise notice 'one %', 1; raise warning 'two';"
              + " raise info using message = 'three', errcode = '01W01'; end $$");
      for (SQLWarning next = statement.getWarnings(); next != null; next = next.getNextWarning()) {
        String severity = ((PSQLWarning) next).getServerErrorMessage().getSeverity();
        seen.add(severity + " " + next.getSQLState() + " " + next.getMessage());
      }
    }
    same(seen, List.of("NOTICE 00000 one 1", "WARNING 01000 two", "INFO 01W01 three"));
    return "3 notices";
  }

  static String transactionStatus(PgConnection connection) throws SQLException {
    List<String> seen = new ArrayList<>();
    for (String query : List.of("select 1", "begin", "select 1", "select 1/0", "select 1", "commit")) {
      String outcome = "done";
      try (Statement statement = connection.createStatement()) {
        statement.execute(query);
      } catch (SQLException error) {
        outcome = error.getSQLState();
      }
      seen.add(outcome + " " + connection.getTransactionState());
    }
    same(
        seen,
        List.of("done IDLE", "done OPEN", "done OPEN", "22012 FAILED", "25P02 FAILED", "done IDLE"));
    return seen.toString();
  }
}
