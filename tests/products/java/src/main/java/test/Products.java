package test;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClient;
import org.springframework.security.oauth2.client.annotation.RegisteredOAuth2AuthorizedClient;
import org.springframework.security.oauth2.core.oidc.user.OidcUser;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A web application and an API in one program; what was printed by `acrux client add --like` is its settings. */
@SpringBootApplication
@RestController
public class Products {
    public static void main(String[] args) {
        SpringApplication.run(Products.class, args);
    }

    @GetMapping("/")
    String home() {
        return "anybody";
    }

    @GetMapping("/me")
    Map<String, Object> me(
            @AuthenticationPrincipal OidcUser person,
            @RegisteredOAuth2AuthorizedClient("acrux") OAuth2AuthorizedClient client) {
        return Map.of("claims", person.getClaims(), "token", client.getAccessToken().getTokenValue());
    }

    @GetMapping("/csrf")
    Map<String, String> csrf(org.springframework.security.web.csrf.CsrfToken token) {
        return Map.of("name", token.getParameterName(), "token", token.getToken());
    }

    @GetMapping("/api/strict")
    Map<String, Object> strict(@AuthenticationPrincipal Jwt token) {
        return token.getClaims();
    }

    @GetMapping("/plain/api")
    Map<String, Object> plain(@AuthenticationPrincipal Jwt token) {
        return token.getClaims();
    }
}
