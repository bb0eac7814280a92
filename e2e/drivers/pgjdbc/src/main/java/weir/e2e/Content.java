package weir.e2e;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

/** The content that the checks send and expect; the same as in src/content.ts. */
final class Content {
  static final int BIG_ROWS = 100_000;
  static final String BIG_RESULT =
      "select i, repeat(md5(i::text), 32) from generate_series(1, " + BIG_ROWS + ") i";
  static final int BIG_VALUE_LENGTH = 32 * 6_553_600;
  static final int BIG_STATEMENT_LENGTH = 10_000_000;
  static final int MOST_PARAMETERS = 65_535;
  static final String FAILING_RESULT =
      "select i, 1000 / (500 - i) from generate_series(1, 1000) i";
  static final String BIG_FAILING_RESULT =
      "select i, repeat(md5(i::text), 32), 1 / (50001 - i) from generate_series(1, 100000) i";
  static final String BIG_FAILING_VALUE =
      "select repeat(md5('weir'), 6553600), 1 / (2 - i) from generate_series(1, 2) i";
  static final String SLEEPING_RESULT =
      "select i, case when i = 1000 then pg_sleep(30)::text else repeat('x', 100) end"
          + " from generate_series(1, 1000) i";
  static final int BINARY_ROWS = 20_000;
  static final String BINARY_SOURCE =
      "select i, i * 1000000007::int8 as big, i / 7.0 as ratio, md5(i::text) as text,"
          + " case when i % 10 > 0 then sha256(i::text::bytea) end as bytes,"
          + " array[i, null, -i] as list from generate_series(1, 20000) i";
  static final String BINARY_SIGNATURE = "PGCOPY\n\u00ff\r\n\0";
  static final List<String> COMMITTED_PAYLOADS = List.of("before", "after", "end");
  static final String TEXT = "Grüße, 日本語, 🌊 'quoted' \"double\" \\ back\nnext";

  private Content() {}

  /** A statement, and the SQLSTATE that it must fail with, if any. */
  record Step(String query, String state) {}

  /** Notifies a channel in transactions that are kept, undone in part, and undone. */
  static List<Step> notifyingSteps(String channel) {
    String notify = "notify " + channel + ", ";
    return List.of(
        new Step("begin", ""),
        new Step(notify + "'before'", ""),
        new Step("savepoint here", ""),
        new Step(notify + "'undone'", ""),
        new Step("select pg_notify('" + channel + "', repeat('x', 8000))", "22023"),
        new Step("rollback to savepoint here", ""),
        new Step(notify + "'after'", ""),
        new Step("commit", ""),
        new Step("begin", ""),
        new Step(notify + "'undone as well'", ""),
        new Step("select 1 / 0", "22012"),
        new Step("rollback", ""),
        new Step(notify + "'end'", ""));
  }

  /** Keeps the MD5 of what is written to it. */
  static final class DigestStream extends OutputStream {
    private final MessageDigest digest = md5();

    @Override
    public void write(int b) {
      digest.update((byte) b);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
      digest.update(bytes, offset, length);
    }

    String digest() {
      return HexFormat.of().formatHex(digest.digest());
    }
  }

  private static MessageDigest md5() {
    try {
      return MessageDigest.getInstance("MD5");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
  }

  static String md5(String text) {
    return md5(text.getBytes(StandardCharsets.UTF_8));
  }

  static String md5(byte[] bytes) {
    return HexFormat.of().formatHex(md5().digest(bytes));
  }

  static long sumTo(long n) {
    return n * (n + 1) / 2;
  }

  static byte[] allBytes(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  static void same(Object seen, Object expected) {
    if (!Objects.deepEquals(seen, expected)) {
      throw new AssertionError("saw %.500s, expected %.500s".formatted(seen, expected));
    }
  }

  /** An action that talks to the server. */
  interface Action {
    void run() throws Exception;
  }

  /** Runs an action that must fail with this SQLSTATE. */
  static void fails(String state, Action action) throws Exception {
    try {
      action.run();
    } catch (SQLException error) {
      same(error.getSQLState(), state);
      return;
    }
    throw new AssertionError("succeeded, expected " + state);
  }
}
