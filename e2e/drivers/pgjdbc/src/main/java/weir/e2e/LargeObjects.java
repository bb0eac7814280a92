package weir.e2e;

import static weir.e2e.Content.fails;
import static weir.e2e.Content.same;

import java.sql.Savepoint;
import java.util.Arrays;
import org.postgresql.jdbc.PgConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

/** pgjdbc's large objects go by the protocol's function calls, not by SQL. */
final class LargeObjects {
  private static final byte[] CONTENT = Content.allBytes(1 << 20);

  private LargeObjects() {}

  static String largeObject(PgConnection connection) throws Exception {
    Results.inTransaction(
        connection,
        () -> {
          LargeObjectManager objects = connection.getLargeObjectAPI();
          long oid = objects.createLO();
          LargeObject object = objects.open(oid, LargeObjectManager.READWRITE);
          object.write(CONTENT);
          object.seek(300);
          byte[] read = object.read(CONTENT.length);
          same(Arrays.equals(read, Arrays.copyOfRange(CONTENT, 300, CONTENT.length)), true);
          object.close();
          objects.delete(oid);
        });
    return CONTENT.length + " bytes";
  }

  /** What was written since the savepoint is undone; the object stays open until the end. */
  static String largeObjectError(PgConnection connection) throws Exception {
    int half = CONTENT.length / 2;
    long[] oid = {0};
    Results.inTransaction(
        connection,
        () -> {
          LargeObjectManager objects = connection.getLargeObjectAPI();
          oid[0] = objects.createLO();
          LargeObject object = objects.open(oid[0], LargeObjectManager.READWRITE);
          object.write(CONTENT, 0, half);
          Savepoint before = connection.setSavepoint("before");
          object.write(new byte[half]);
          fails("22023", () -> object.seek64(-1, LargeObject.SEEK_SET));
          fails("25P02", () -> object.read(10));
          connection.rollback(before);
          object.seek(half);
          object.write(CONTENT, half, half);
          object.close();
        });
    byte[] kept = (byte[]) Main.one(connection, "select lo_get(" + oid[0] + ")");
    same(Arrays.equals(kept, CONTENT), true);
    same(Main.one(connection, "select lo_unlink(" + oid[0] + ")"), 1);
    return "22023 behind the first half";
  }
}
