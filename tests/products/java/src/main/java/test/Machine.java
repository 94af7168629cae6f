package test;

import java.util.Map;
import org.springframework.http.converter.FormHttpMessageConverter;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.client.AuthorizedClientServiceOAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizeRequest;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientManager;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientProviderBuilder;
import org.springframework.security.oauth2.client.OAuth2AuthorizedClientService;
import org.springframework.security.oauth2.client.endpoint.RestClientClientCredentialsTokenResponseClient;
import org.springframework.security.oauth2.client.http.OAuth2ErrorResponseErrorHandler;
import org.springframework.security.oauth2.client.registration.ClientRegistrationRepository;
import org.springframework.security.oauth2.core.http.converter.OAuth2AccessTokenResponseHttpMessageConverter;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;

/** A program with a token that is bound to its key, and the API that takes such tokens. */
@RestController
public class Machine {
    private final OAuth2AuthorizedClientManager clients;
    private final RestClient proving;

    Machine(ClientRegistrationRepository registrations, OAuth2AuthorizedClientService service, Proofs proofs) {
        var tokens = new RestClientClientCredentialsTokenResponseClient();
        tokens.setRestClient(RestClient.builder()
                .requestInterceptor(proofs)
                .messageConverters(converters -> {
                    converters.clear();
                    converters.add(new FormHttpMessageConverter());
                    converters.add(new OAuth2AccessTokenResponseHttpMessageConverter());
                })
                .defaultStatusHandler(new OAuth2ErrorResponseErrorHandler())
                .build());
        var manager = new AuthorizedClientServiceOAuth2AuthorizedClientManager(registrations, service);
        manager.setAuthorizedClientProvider(OAuth2AuthorizedClientProviderBuilder.builder()
                .clientCredentials(how -> how.accessTokenResponseClient(tokens)).build());
        clients = manager;
        proving = RestClient.builder().requestInterceptor(proofs).build();
    }

    @GetMapping("/machine")
    Map<?, ?> machine(@RequestParam String ask) {
        var wanted = OAuth2AuthorizeRequest.withClientRegistrationId("machine").principal("machine").build();
        var token = clients.authorize(wanted).getAccessToken();
        var shown = token.getTokenType().getValue() + " " + token.getTokenValue();
        return proving.get().uri(ask).header("Authorization", shown).retrieve().body(Map.class);
    }

    @GetMapping("/bound/me")
    Map<String, Object> bound(@AuthenticationPrincipal Jwt token) {
        return token.getClaims();
    }
}
