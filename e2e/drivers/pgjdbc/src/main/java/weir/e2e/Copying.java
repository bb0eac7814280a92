package weir.e2e;

import static weir.e2e.Content.fails;
import static weir.e2e.Content.same;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
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

  /** Copies rows in of which the server refuses one in the middle. */
  static void failToCopyIn(PgConnection connection) throws Exception {
    makeTable(connection);
    ByteArrayInputStream input = new ByteArrayInputStream(lines(ROWS / 2));
    fails("22P02", () -> connection.getCopyAPI().copyIn("copy copied from stdin", input));
  }

  static String copyInError(PgConnection connection) throws Exception {
    failToCopyIn(connection);
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

  /** Copies rows out until the server fails. */
  static void failToCopyOut(PgConnection connection) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String query = "copy (" + Content.FAILING_RESULT + ") to stdout";
    fails("22012", () -> connection.getCopyAPI().copyOut(query, out));
    same(out.toString(StandardCharsets.UTF_8).lines().count(), 499L);
  }

  static String copyOutError(PgConnection connection) throws Exception {
    failToCopyOut(connection);
    return "22012 after 499 rows";
  }

  private static byte[] copiedOut(PgConnection connection, String what) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    connection.getCopyAPI().copyOut("copy " + what + " to stdout (format binary)", out);
    return out.toByteArray();
  }

  static String copyBinary(PgConnection connection) throws Exception {
    String source = Content.BINARY_SOURCE;
    Main.execute(connection, "create temp table copied_binary as " + source + " with no data");
    byte[] out = copiedOut(connection, "(" + source + ")");
    String signature = Content.BINARY_SIGNATURE;
    same(new String(out, 0, signature.length(), StandardCharsets.ISO_8859_1), signature);
    String copy = "copy copied_binary from stdin (format binary)";
    long count = connection.getCopyAPI().copyIn(copy, new ByteArrayInputStream(out));
    same(count, (long) Content.BINARY_ROWS);
    same(Arrays.equals(copiedOut(connection, "copied_binary"), out), true);
    String wrong = "select count(*) from (table copied_binary except all " + source + ") s";
    same(Main.one(connection, wrong), 0L);
    return out.length + " bytes";
  }
}
