package test;

import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import org.springframework.http.HttpRequest;
import org.springframework.http.client.ClientHttpRequestExecution;
import org.springframework.http.client.ClientHttpRequestInterceptor;
import org.springframework.http.client.ClientHttpResponse;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwsHeader;
import org.springframework.security.oauth2.jwt.JwtClaimsSet;
import org.springframework.security.oauth2.jwt.JwtEncoderParameters;
import org.springframework.security.oauth2.jwt.NimbusJwtEncoder;
import org.springframework.stereotype.Component;

/** A proof for every request, as Spring's page on DPoP makes one, and once more with the nonce that was told. */
@Component
public class Proofs implements ClientHttpRequestInterceptor {
    private static final String SCHEME = "DPoP ";
    private final ECKey key;
    private final NimbusJwtEncoder encoder;
    private volatile String nonce;

    Proofs() throws Exception {
        key = new ECKeyGenerator(Curve.P_256).generate();
        encoder = new NimbusJwtEncoder((selector, context) -> selector.select(new JWKSet(key)));
    }

    @Override
    public ClientHttpResponse intercept(HttpRequest request, byte[] body, ClientHttpRequestExecution execution)
            throws IOException {
        var sent = nonce;
        var answer = proved(request, body, execution, sent);
        var told = answer.getHeaders().getFirst("DPoP-Nonce");
        if (told != null) {
            nonce = told;
        }
        if (told == null || told.equals(sent) || !answer.getStatusCode().is4xxClientError()) {
            return answer;
        }
        answer.close();
        return proved(request, body, execution, told);
    }

    private ClientHttpResponse proved(
            HttpRequest request, byte[] body, ClientHttpRequestExecution execution, String nonce) throws IOException {
        request.getHeaders().set("DPoP", proof(request, nonce));
        return execution.execute(request, body);
    }

    private String proof(HttpRequest request, String nonce) {
        var uri = request.getURI();
        var header = JwsHeader.with(SignatureAlgorithm.ES256)
                .type("dpop+jwt").jwk(key.toPublicJWK().toJSONObject()).build();
        var claims = JwtClaimsSet.builder()
                .issuedAt(Instant.now()).id(UUID.randomUUID().toString())
                .claim("htm", request.getMethod().name())
                .claim("htu", uri.getScheme() + "://" + uri.getAuthority() + uri.getRawPath());
        if (nonce != null) {
            claims.claim("nonce", nonce);
        }
        var shown = request.getHeaders().getFirst("Authorization");
        if (shown != null && shown.startsWith(SCHEME)) {
            claims.claim("ath", digest(shown.substring(SCHEME.length())));
        }
        return encoder.encode(JwtEncoderParameters.from(header, claims.build())).getTokenValue();
    }

    private static String digest(String token) {
        try {
            var found = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(found);
        } catch (java.security.NoSuchAlgorithmException error) {
            throw new IllegalStateException(error);
        }
    }
}
