package io.skerry.datastore;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import java.util.Set;
import org.postgresql.Driver;

/**
 * Where a PostgreSQL is: {@code postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=FILE&...}, as in k3s and libpq.
 *
 * @see <a href="https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS">libpq: connection URIs</a>
 */
final class PostgresEndpoint {

    /** libpq's names that the driver knows as well; it reads the key of a client certificate as PKCS #8, in DER or PEM. */
    private static final Set<String> PARAMETERS = Set.of("sslmode", "sslrootcert", "sslcert", "sslkey", "sslpassword", "connect_timeout", "application_name");
    private static final Set<String> SSL_MODES = Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");
    private static final String DEFAULT_DATABASE = "kubernetes";

    private final String host;
    private final int port;
    private final String database;
    private final Properties properties = new Properties();

    private PostgresEndpoint(String host, int port, String database) {
        this.host = host;
        this.port = port;
        this.database = database;
    }

    /** @throws DatastoreException when it is not of that form; the password is not told */
    static PostgresEndpoint parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            // its message repeats the text, and with it the password
            throw invalid("it is no URL (character " + e.getIndex() + " cannot stand there; percent-encode it)");
        }
        if (uri.getHost() == null) {
            throw invalid("it names no host");
        }
        String path = uri.getPath() == null ? "" : uri.getPath();
        String database = path.length() > 1 ? path.substring(1) : DEFAULT_DATABASE;
        var endpoint = new PostgresEndpoint(uri.getHost(), uri.getPort() < 0 ? 5432 : uri.getPort(), database);
        String user = uri.getRawUserInfo() == null ? "postgres" : uri.getRawUserInfo();
        int colon = user.indexOf(':');
        endpoint.properties.setProperty("user", decoded(colon < 0 ? user : user.substring(0, colon)));
        if (colon >= 0) {
            endpoint.properties.setProperty("password", decoded(user.substring(colon + 1)));
        }
        endpoint.properties.setProperty("connectTimeout", "5"); // seconds
        endpoint.properties.setProperty("socketTimeout", "45"); // longer than the longest statement may take
        endpoint.properties.setProperty("tcpKeepAlive", "true");
        endpoint.properties.setProperty("ApplicationName", "skerry");
        if (uri.getRawQuery() != null) {
            for (String pair : uri.getRawQuery().split("&")) {
                endpoint.parameter(pair);
            }
        }
        return endpoint;
    }

    private void parameter(String pair) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
        if (!PARAMETERS.contains(name)) {
            throw invalid("it has a parameter '" + name + "', which is not one of " + String.join(", ", PARAMETERS.stream().sorted().toList()));
        }
        if (name.equals("sslmode") && !SSL_MODES.contains(value)) {
            throw invalid("sslmode '" + value + "' is not one of " + String.join(", ", SSL_MODES.stream().sorted().toList()));
        }
        if (name.equals("connect_timeout") && !value.matches("[0-9]{1,5}")) {
            throw invalid("connect_timeout '" + value + "' is not a number of seconds");
        }
        properties.setProperty(switch (name) {
            case "connect_timeout" -> "connectTimeout";
            case "application_name" -> "ApplicationName";
            default -> name;
        }, value);
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static DatastoreException invalid(String why) {
        return new DatastoreException("the datastore endpoint is not valid: " + why
            + "; write postgres://user:password@host:port/database?sslmode=verify-full");
    }

    Connection connect() throws SQLException {
        // The driver itself, not DriverManager: that one finds drivers by looking through the class path.
        return new Driver().connect("jdbc:postgresql://" + (host.contains(":") && !host.startsWith("[") ? "[" + host + "]" : host) + ":" + port + "/"
            + java.net.URLEncoder.encode(database, StandardCharsets.UTF_8), properties);
    }

    /** One line about what went wrong and what to do; a {@link SharedDialect.UnreachableException} when a later try may go well. */
    DatastoreException failure(String what, SQLException e) {
        String state = e.getSQLState() == null ? "" : e.getSQLState();
        String reason = e.getMessage() == null ? e.toString() : e.getMessage().replaceAll("\\s*\\n\\s*", " ");
        String told = "cannot " + what + " datastore " + this + ": ";
        // https://www.postgresql.org/docs/current/errcodes-appendix.html
        return switch (state.length() < 2 ? "" : state.substring(0, 2)) {
            case "08", "57" -> new SharedDialect.UnreachableException(told + "the database cannot be reached (" + reason + "); skerry goes on when it can", e);
            case "28" -> new DatastoreException(told + "the database refuses the user (" + reason + "); correct the endpoint's user, password or certificate", e);
            case "3D" -> new DatastoreException(told + "there is no such database (" + reason + "); create it, or correct the endpoint", e);
            case "42" -> new DatastoreException(told + "the user may not do that (" + reason + "); make the user the owner of the database", e);
            case "25" -> new SharedDialect.UnreachableException(told + "the transaction could not be kept (" + reason + "); skerry tries again. A standby server"
                + " cannot be written to", e);
            case "53" -> new DatastoreException(told + "the database is out of disk, memory or connections (" + reason + "); free some", e);
            case "40", "55" -> new SharedDialect.UnreachableException(told + "another server holds its turn for too long (" + reason + "); skerry tries again", e);
            default -> new DatastoreException(told + reason, e);
        };
    }

    /** Without user and password. */
    @Override
    public String toString() {
        return "postgres://" + host + ":" + port + "/" + database;
    }
}
