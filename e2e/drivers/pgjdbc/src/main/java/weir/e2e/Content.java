package weir.e2e;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.HexFormat;
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
  static final String TEXT = "Grüße, 日本語, 🌊 'quoted' \"double\" \\ back\nnext";

  private Content() {}

  static String md5(String text) {
    return md5(text.getBytes(StandardCharsets.UTF_8));
  }

  static String md5(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError(impossible);
    }
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
