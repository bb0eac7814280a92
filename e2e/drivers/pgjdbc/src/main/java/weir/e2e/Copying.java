package weir.e2e;

import static weir.e2e.Content.fails;
import static weir.e2e.Content.same;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import org.postgresql.copy.CopyIn;
import org.postgresql.copy.CopyManager;
import org.postgresql.jdbc.PgConnection;

/** COPY in both directions, and its failures. */
final class Copying {
  private static final int ROWS = 100_000;

  private Copying() {}

  private static void makeTable(PgConnection connection) throws SQLException {
    Main.execute(connection, "drop table if exists copied");
    Main.execute(connection, "create temp table copied (i int, t text)");
  }

  private static byte[] lines(int bad) {
    StringBuilder lines = new StringBuilder();
    for (int i = 1; i <= ROWS; i++) {
      lines.append(i == bad ? "not a number" : i).append("\trow ").append(i).append(" ü\n");
    }
    return lines.toString().getBytes(StandardCharsets.UTF_8);
  }

  static String copyIn(PgConnection connection) throws Exception {
    makeTable(connection);
    CopyManager copies = connection.getCopyAPI();
    long count = copies.copyIn("copy copied from stdin", new ByteArrayInputStream(lines(0)));
    same(count, (long) ROWS);
    same(Main.one(connection, "select sum(i)::int8 from copied"), Content.sumTo(ROWS));
    same(Main.one(connection, "select bool_and(t = 'row ' || i || ' ü') from copied"), true);
    return count + " rows";
  }

  static String copyOut(PgConnection connection) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String query = "copy (select i, md5(i::text) from generate_series(1, " + ROWS + ") i) to stdout";
    same(connection.getCopyAPI().copyOut(query, out), (long) ROWS);
    int expected = 0;
    for (String line : (Iterable<String>) out.toString(StandardCharsets.UTF_8).lines()::iterator) {
      expected++;
      same(line, expected + "\t" + Content.md5(String.valueOf(expected)));
    }
    same(expected, ROWS);
    return expected + " rows";
  }

  static String copyInError(PgConnection connection) throws Exception {
    makeTable(connection);
    ByteArrayInputStream input = new ByteArrayInputStream(lines(ROWS / 2));
    fails("22P02", () -> connection.getCopyAPI().copyIn("copy copied from stdin", input));
    same(Main.one(connection, "select count(*) from copied"), 0L);
    return "22P02 at row " + ROWS / 2;
  }

  static String copyInAborted(PgConnection connection) throws Exception {
    makeTable(connection);
    CopyIn copy = connection.getCopyAPI().copyIn("copy copied from stdin");
    byte[] row = "1\tfirst\n".getBytes(StandardCharsets.UTF_8);
    copy.writeToCopy(row, 0, row.length);
    copy.cancelCopy();
    same(Main.one(connection, "select count(*) from copied"), 0L);
    return "nothing was copied";
  }

  static String copyOutError(PgConnection connection) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String query = "copy (" + Content.FAILING_RESULT + ") to stdout";
    fails("22012", () -> connection.getCopyAPI().copyOut(query, out));
    same(out.toString(StandardCharsets.UTF_8).lines().count(), 499L);
    return "22012 after 499 rows";
  }
}
