import java.sql.*;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** What a tool on JDBC does: the driver's tour of the catalog, parameters, fetch sizes, cancelling. One part a line. */
public class Tour {
    static final String ENDLESS =
            "SELECT sum(a.n * b.n % 7 * c.n) FROM sales.numbers a, sales.numbers b, sales.numbers c";

    static Connection connect(String token) throws SQLException {
        Properties given = new Properties();
        given.setProperty("user", "token");
        given.setProperty("password", token);
        given.setProperty("sslmode", "verify-full");
        given.setProperty("sslrootcert", System.getenv("PGSSLROOTCERT"));
        return DriverManager.getConnection(System.getenv("ADDRESS"), given);
    }

    static void told(String part, ResultSet rows) throws SQLException {
        StringBuilder line = new StringBuilder(part);
        int width = rows.getMetaData().getColumnCount();
        while (rows.next()) {
            line.append(" [");
            for (int i = 1; i <= width; i++) {
                line.append(i == 1 ? "" : "|").append(rows.getString(i));
            }
            line.append("]");
        }
        rows.close();
        System.out.println(line);
    }

    static void catalog(Connection connection) throws SQLException {
        DatabaseMetaData data = connection.getMetaData();
        System.out.println("product " + data.getDatabaseProductName());
        told("catalogs", data.getCatalogs());
        told("schemas", data.getSchemas());
        told("types", data.getTableTypes());
        told("tables", data.getTables(null, null, "%", null));
        told("tables-of-sales", data.getTables(null, "sales", "%", new String[] {"TABLE", "VIEW"}));
        told("columns", data.getColumns(null, "sales", "customers", "%"));
        told("all-columns", data.getColumns(null, null, "%", "%"));
        told("keys", data.getPrimaryKeys(null, "sales", "customers"));
        told("imported", data.getImportedKeys(null, "sales", "orders"));
        told("exported", data.getExportedKeys(null, "sales", "customers"));
        told("indexes", data.getIndexInfo(null, "sales", "customers", false, true));
        told("rights", data.getTablePrivileges(null, "sales", "%"));
        told("column-rights", data.getColumnPrivileges(null, "sales", "customers", "%"));
        told("best", data.getBestRowIdentifier(null, "sales", "customers", DatabaseMetaData.bestRowSession, true));
        told("versions", data.getVersionColumns(null, "sales", "customers"));
        told("procedures", data.getProcedures(null, "sales", "%"));
        told("functions", data.getFunctions(null, "sales", "%"));
        told("type-info", data.getTypeInfo());
        told("udts", data.getUDTs(null, null, "%", null));
        System.out.println("words " + data.getSQLKeywords().length());
        System.out.println("name-length " + data.getMaxTableNameLength());
    }

    static void queries(Connection connection) throws SQLException {
        String sql = "SELECT id, amount, paid, joined FROM orders JOIN customers USING (id) WHERE id = ? AND amount > ?";
        try (PreparedStatement asked = connection.prepareStatement(sql)) {
            ResultSetMetaData columns = asked.getMetaData();
            System.out.println("described " + columns.getColumnTypeName(2) + " " + columns.getPrecision(2));
            System.out.println("parameters " + asked.getParameterMetaData().getParameterCount());
            for (int i = 0; i < 8; i++) {  // from the sixth time on by a named statement, with binary values
                asked.setInt(1, 1);
                asked.setBigDecimal(2, new java.math.BigDecimal("10"));
                told("asked-" + i, asked.executeQuery());
            }
        }
        try (PreparedStatement asked = connection.prepareStatement("SELECT count(*) FROM orders WHERE id = ANY(?)")) {
            asked.setArray(1, connection.createArrayOf("int4", new Integer[] {1, 2}));
            told("array", asked.executeQuery());
        }
        try (Statement both = connection.createStatement()) {
            both.execute("SELECT 1 AS one; SELECT 2 AS two");
            told("first", both.getResultSet());
            both.getMoreResults();
            told("second", both.getResultSet());
        }
    }

    static void fetched(Connection connection) throws SQLException {
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        try (Statement asked = connection.createStatement()) {
            asked.setFetchSize(700);
            int at = 0;
            ResultSet rows = asked.executeQuery("SELECT n FROM sales.numbers ORDER BY n");
            while (rows.next()) {
                if (rows.getInt(1) != at++) {
                    throw new IllegalStateException("out of order");
                }
            }
            System.out.println("fetched " + at);
        }
        connection.commit();
        connection.setAutoCommit(true);
        connection.setReadOnly(false);
    }

    static void refused(String part, Connection connection, String sql) throws SQLException {
        try (Statement asked = connection.createStatement()) {
            asked.execute(sql);
            System.out.println(part + " answered");
        } catch (SQLException error) {
            System.out.println(part + " " + error.getSQLState());
        }
    }

    static void cancelled(Connection connection) throws Exception {
        try (Statement asked = connection.createStatement()) {
            Thread other = new Thread(() -> {
                try {
                    Thread.sleep(500);
                    asked.cancel();
                } catch (Exception error) {
                    System.out.println("not cancelled: " + error);
                }
            });
            other.start();
            try {
                asked.executeQuery(ENDLESS);
                System.out.println("cancelled no");
            } catch (SQLException error) {
                System.out.println("cancelled " + error.getSQLState());
            }
            other.join();
        }
        told("after", connection.createStatement().executeQuery("SELECT count(*) FROM orders"));
    }

    static void toured(String token) throws Exception {
        try (Connection connection = connect(token)) {
            System.out.println("valid " + connection.isValid(5));
            catalog(connection);
            queries(connection);
            fetched(connection);
            refused("hidden", connection, "SELECT * FROM sales." + System.getenv("HIDDEN"));
            refused("written", connection, "DELETE FROM sales.orders");
            cancelled(connection);
            for (SQLWarning warning = connection.getWarnings(); warning != null; warning = warning.getNextWarning()) {
                System.out.println("warning " + warning.getMessage());
            }
        } catch (SQLException error) {
            System.out.println("refused " + error.getSQLState() + " " + error.getMessage().replace("\n", " "));
        }
    }

    public static void main(String[] parts) throws Exception {
        for (String token : System.getenv("USHER_TOKEN").split(" ")) {
            toured(token);
        }
    }
}
