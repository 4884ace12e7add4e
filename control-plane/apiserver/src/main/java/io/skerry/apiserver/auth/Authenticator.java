package io.skerry.apiserver.auth;

import io.skerry.apiserver.User;
import io.skerry.apiserver.status.ApiException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.naming.NamingException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;

/** Who sends a request: by client certificate, else by bearer token, else anonymous. */
public final class Authenticator {
    private static final System.Logger LOG = System.getLogger(Authenticator.class.getName());

    private final ServiceAccountTokens tokens;
    private final BootstrapTokens bootstrap;

    public Authenticator(ServiceAccountTokens tokens, BootstrapTokens bootstrap) {
        this.tokens = tokens;
        this.bootstrap = bootstrap;
    }

    /**
     * @param certificate   the client's certificate, already verified against the client CA by TLS, or null
     * @param authorization the Authorization header, or null
     * @throws ApiException 401 when a credential is given and is not good
     */
    public User authenticate(X509Certificate certificate, String authorization) {
        if (certificate != null) {
            return ofCertificate(certificate);
        }
        if (authorization == null || authorization.isBlank()) {
            return User.ANONYMOUS;
        }
        String[] parts = authorization.trim().split(" +", 2);
        if (!parts[0].equalsIgnoreCase("Bearer") || parts.length < 2) {
            throw ApiException.unauthorized();
        }
        try {
            return verify(parts[1], List.of()).user();
        } catch (ServiceAccountTokens.InvalidTokenException e) {
            LOG.log(System.Logger.Level.DEBUG, "a bearer token was refused: {0}", e.getMessage());
            throw ApiException.unauthorized();
        }
    }

    /**
     * Whom a bearer token stands for.
     *
     * @param audiences of which it must be for one; none for this API server
     * @throws ServiceAccountTokens.InvalidTokenException with the reason
     */
    public ServiceAccountTokens.Verified verify(String token, List<String> audiences) throws ServiceAccountTokens.InvalidTokenException {
        String own = tokens.defaultAudience();
        List<String> wanted = audiences.isEmpty() ? List.of(own) : audiences;
        if (!BootstrapTokens.is(token)) {
            return tokens.verify(token, wanted);
        }
        // they name no audience: they are for this API server alone
        if (!wanted.contains(own)) {
            throw new ServiceAccountTokens.InvalidTokenException("token audiences [" + own + "] is invalid for the target audiences " + wanted);
        }
        User node = bootstrap.authenticate(token);
        if (node == null) {
            throw new ServiceAccountTokens.InvalidTokenException("there is no such bootstrap token, or it has expired, or it is not for authentication");
        }
        return new ServiceAccountTokens.Verified(node, List.of(own));
    }

    /** Common name and organizations of the subject are user and groups. */
    static User ofCertificate(X509Certificate certificate) {
        String name = "";
        List<String> groups = new ArrayList<>();
        try {
            for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                var attributes = rdn.toAttributes().getAll();
                while (attributes.hasMore()) {
                    var attribute = attributes.next();
                    for (int i = 0; i < attribute.size(); i++) {
                        if (attribute.getID().equalsIgnoreCase("CN")) {
                            name = attribute.get(i).toString();
                        } else if (attribute.getID().equalsIgnoreCase("O")) {
                            groups.add(attribute.get(i).toString());
                        }
                    }
                }
            }
        } catch (NamingException e) {
            throw ApiException.unauthorized();
        }
        if (name.isEmpty()) {
            throw ApiException.unauthorized();
        }
        groups.add(User.AUTHENTICATED);
        return new User(name, "", groups, Map.of());
    }
}
