package weir.e2e;

import static weir.e2e.Content.TEXT;
import static weir.e2e.Content.fails;
import static weir.e2e.Content.same;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.postgresql.PGNotification;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;
import org.postgresql.util.PSQLWarning;

/** What goes beyond one statement: cancelling, notifications, transactions, notices. */
final class Conversation {
  private Conversation() {}

  static String cancel(PgConnection connection) throws Exception {
    Object pid = Main.one(connection, "select pg_backend_pid()");
    try (Statement sleeper = connection.createStatement()) {
      CompletableFuture<Void> asked = CompletableFuture.runAsync(() -> cancelAsleep(pid, sleeper));
      fails("57014", () -> sleeper.execute("select pg_sleep(30)"));
      asked.get();
    }
    return "57014";
  }

  private static void cancelAsleep(Object pid, Statement sleeper) {
    String asleep =
        "select count(*) from pg_stat_activity where wait_event = 'PgSleep' and pid = " + pid;
    try (PgConnection observer = Main.connect()) {
      while (!Main.one(observer, asleep).equals(1L)) {
        Thread.onSpinWait();
      }
      sleeper.cancel();
    } catch (SQLException error) {
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
    List<String> seen = new ArrayList<>();
    while (seen.size() < expected.size()) {
      PGNotification[] arrived = connection.getNotifications(30_000);
      if (arrived == null || arrived.length == 0) {
        throw new AssertionError("only " + seen);
      }
      for (PGNotification notification : arrived) {
        seen.add(notification.getParameter());
      }
    }
    Main.execute(connection, "unlisten *");
    same(seen, expected);
    return seen.size() + " notifications in order";
  }

  /** pgjdbc's large objects go by the protocol's function calls, not by SQL. */
  static String largeObject(PgConnection connection) throws Exception {
    byte[] content = Content.allBytes(1 << 20);
    connection.setAutoCommit(false);
    try {
      LargeObjectManager objects = connection.getLargeObjectAPI();
      long oid = objects.createLO();
      LargeObject object = objects.open(oid, LargeObjectManager.READWRITE);
      object.write(content);
      object.seek(300);
      byte[] read = object.read(content.length);
      same(Arrays.equals(read, Arrays.copyOfRange(content, 300, content.length)), true);
      object.close();
      objects.delete(oid);
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    return content.length + " bytes";
  }

  static String savepoint(PgConnection connection) throws Exception {
    Main.execute(connection, "create temp table saved (n int primary key)");
    connection.setAutoCommit(false);
    try {
      Main.execute(connection, "insert into saved values (1)");
      Savepoint before = connection.setSavepoint("before");
      fails("23505", () -> Main.execute(connection, "insert into saved values (1)"));
      fails("25P02", () -> Main.one(connection, "select 1"));
      connection.rollback(before);
      Main.execute(connection, "insert into saved values (2)");
      connection.commit();
    } finally {
      connection.rollback();
      connection.setAutoCommit(true);
    }
    same(Main.one(connection, "select string_agg(n::text, ',' order by n) from saved"), "1,2");
    return "rows before and after the error were kept";
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
