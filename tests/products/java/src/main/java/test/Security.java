package test;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.oauth2.client.oidc.web.logout.OidcClientInitiatedLogoutSuccessHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.client.web.DefaultOAuth2AuthorizationRequestResolver;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtDecoders;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.web.SecurityFilterChain;

/** Who gets in: to the API by the documents' decoder, to a plain one by Spring's own, elsewhere by signing in. */
@Configuration
public class Security {
    private final String issuer;
    private final String clientId;

    Security(
            @Value("${spring.security.oauth2.client.provider.acrux.issuer-uri}") String issuer,
            @Value("${spring.security.oauth2.client.registration.acrux.client-id}") String clientId) {
        this.issuer = issuer;
        this.clientId = clientId;
    }

    @Bean
    @Order(1)
    SecurityFilterChain api(HttpSecurity http) throws Exception {
        return guarded(http, "/api/**", jwtDecoder());
    }

    @Bean
    @Order(2)
    SecurityFilterChain plain(HttpSecurity http) throws Exception {
        return guarded(http, "/plain/**", JwtDecoders.fromIssuerLocation(issuer));
    }

    private SecurityFilterChain guarded(HttpSecurity http, String where, JwtDecoder decoder) throws Exception {
        return http.securityMatcher(where)
                .authorizeHttpRequests(requests -> requests.anyRequest().hasAuthority("SCOPE_email"))
                .oauth2ResourceServer(server -> server.jwt(jwt -> jwt.decoder(decoder)))
                .build();
    }

    @Bean
    @Order(3)
    SecurityFilterChain bound(HttpSecurity http) throws Exception {
        return http.securityMatcher("/bound/**")
                .authorizeHttpRequests(requests -> requests.anyRequest().authenticated())
                .oauth2ResourceServer(server -> server.dPoP(Customizer.withDefaults())
                        .jwt(jwt -> jwt.decoder(new Security(issuer, "machine").jwtDecoder())))
                .build();
    }

    JwtDecoder jwtDecoder() {
        var decoder = NimbusJwtDecoder.withIssuerLocation(issuer).validateType(false).build();
        decoder.setJwtValidator(JwtValidators.createAtJwtValidator()
                .issuer(issuer).audience("https://api.example.org").clientId(clientId).build());
        return decoder;
    }

    @Bean
    SecurityFilterChain pages(HttpSecurity http, ClientRegistrationRepository registrations) throws Exception {
        var resolver = new DefaultOAuth2AuthorizationRequestResolver(registrations, "/oauth2/authorization");
        resolver.setAuthorizationRequestCustomizer(
                request -> request.additionalParameters(more -> more.put("acr_values", "urn:acrux:acr:mfa")));
        var out = new OidcClientInitiatedLogoutSuccessHandler(registrations);
        out.setPostLogoutRedirectUri("{baseUrl}/");
        return http.authorizeHttpRequests(requests -> requests
                        .requestMatchers("/", "/csrf", "/error", "/machine").permitAll()
                        .anyRequest().authenticated())
                .oauth2Login(login -> login.authorizationEndpoint(at -> at.authorizationRequestResolver(resolver)))
                .logout(logout -> logout.logoutSuccessHandler(out))
                .oidcLogout(logout -> logout.backChannel(Customizer.withDefaults()))
                .build();
    }
}
