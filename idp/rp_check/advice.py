"""What mends an application, by what it wrongly accepted and by the library that it uses."""

from collections.abc import Mapping

from idp.rp_check.running import Report, Verdict

GENERAL: Mapping[str, str] = {
    "token": "Verify iss, aud, azp, exp and sub of the ID token before you believe any of it.",
    "signature": "Verify the signature by the keys at jwks_uri, and take the algorithm that you"
    " registered and no other; never a key out of the token.",
    "at_hash": "Compare at_hash with the access token that came along.",
    "nonce": "Keep the nonce in the session, and compare it with the one of the ID token.",
    "acr": "Compare acr of the ID token with what you asked for: to ask is no check.",
    "age": "Compare auth_time with max_age: to send max_age is no check.",
    "userinfo": "Compare sub of userinfo with sub of the ID token; drop userinfo if it differs.",
    "state": "Keep state in the browser's session, compare it with the answer's, and use it once;"
    " believe no answer with `error`.",
    "iss": "Compare iss of the answer with the issuer you asked (RFC 9207), above all where you"
    " know several.",
    "injection": "Send code_challenge with S256 (PKCE), or at least check the nonce.",
}
"""For any library."""
LIBRARIES: Mapping[str, Mapping[str, str]] = {
    "openid-client": {
        "token": "`authorizationCodeGrant` verifies these; add `idTokenExpected: true`, so that an"
        " answer without an ID token is refused.",
        "nonce": "Give `expectedNonce` to `authorizationCodeGrant`.",
        "state": "Give `expectedState` to `authorizationCodeGrant`.",
        "age": "Give `maxAge` to `authorizationCodeGrant`.",
        "acr": "Look at `tokens.claims().acr` after `authorizationCodeGrant`.",
        "userinfo": "Give the sub of `tokens.claims()` to `fetchUserInfo`.",
        "injection": "`randomPKCECodeVerifier`, `calculatePKCECodeChallenge`, and"
        " `pkceCodeVerifier` at `authorizationCodeGrant`.",
    },
    "oauth4webapi": {
        "token": "`processAuthorizationCodeResponse` with `requireIdToken: true`.",
        "nonce": "`expectedNonce` of `processAuthorizationCodeResponse`.",
        "state": "The last argument of `validateAuthResponse`.",
        "age": "`maxAge` of `processAuthorizationCodeResponse`.",
        "acr": "Look at `getValidatedIdTokenClaims(result).acr`.",
        "signature": "Call `validateApplicationLevelSignature` with the answer: else TLS alone"
        " vouches for the ID token.",
    },
    "authlib": {
        "token": "Register with `server_metadata_url`, and ask for the scope openid: then"
        " `authorize_access_token` verifies the ID token, and `token['userinfo']` is its content.",
        "acr": "Give `claims_options={'acr': {'essential': True, 'values': [...]}}` to"
        " `authorize_access_token`.",
        "injection": "`client_kwargs={'code_challenge_method': 'S256'}`.",
    },
    "mozilla-django-oidc": {
        "token": "It compares neither iss nor aud: do that in `verify_claims` or `get_userinfo` of"
        " your backend; the latter is given the payload.",
        "acr": "Override `get_userinfo` and look at `payload['acr']`.",
        "nonce": "Leave OIDC_USE_NONCE on.",
        "injection": "Set OIDC_USE_PKCE = True.",
    },
    "allauth": {
        "token": "It takes who signed in from userinfo and the ID token as TLS gives them; look at"
        " `sociallogin.account.extra_data` in `pre_social_login`, and refuse there.",
        "acr": "Look at `extra_data['id_token']['acr']` in `pre_social_login` of your adapter.",
        "injection": "Set OAUTH_PKCE_ENABLED for the provider.",
    },
    "authjs": {
        "state": "`checks: ['pkce', 'state', 'nonce']` of the provider.",
        "nonce": "`checks: ['pkce', 'state', 'nonce']` of the provider.",
        "injection": "`checks: ['pkce', 'state', 'nonce']` of the provider.",
        "acr": "Look at `profile.acr` in the callback `signIn`, and return false.",
    },
    "passport": {
        "state": "Leave the state store on (`state` must not be false).",
        "nonce": "Set `nonce: true` where your version has it, or use a certified library.",
        "acr": "Look at `context.class` in `verify`, and refuse there.",
        "signature": "It takes the ID token as TLS gives it: use a library that verifies it.",
    },
    "express-openid-connect": {
        "acr": "Look at `session.id_token` in `afterCallback`, and throw.",
        "age": "Compare auth_time in `afterCallback`, too.",
        "injection": "`authorizationParams: {response_type: 'code'}`: PKCE then is on.",
    },
    "go-oidc": {
        "token": "`provider.Verifier(&oidc.Config{ClientID: ...})`, none of its Skip… members.",
        "nonce": "Compare `idToken.Nonce` yourself: `Verify` does not.",
        "state": "Compare `state` yourself, with a cookie.",
        "at_hash": "Call `idToken.VerifyAccessToken`.",
        "acr": "Read acr by `idToken.Claims` and compare it yourself.",
        "age": "Read auth_time by `idToken.Claims` and compare it yourself.",
        "injection": "`oauth2.S256ChallengeOption` and `oauth2.VerifierOption`.",
    },
    "spring": {
        "acr": "A `JwtDecoderFactory` (`OidcIdTokenDecoderFactory`) with a validator of yours that"
        " looks at acr.",
        "age": "The same, for auth_time.",
        "injection": "`OAuth2AuthorizationRequestCustomizers.withPkce()`.",
    },
    "mod_auth_openidc": {
        "acr": "`Require claim acr:...` beside `AuthType openid-connect`.",
        "age": "`OIDCAuthRequestParams max_age=...`, and `Require claims_expr` for auth_time.",
        "injection": "`OIDCPKCEMethod S256`.",
        "iss": "`OIDCProviderAuthRequestMethod` changes nothing here: keep one provider a host.",
    },
    "oauth2-proxy": {
        "nonce": "`insecure_oidc_skip_nonce = false`.",
        "token": "None of the `insecure_oidc_…` settings; `oidc_issuer_url` as discovery says it.",
        "injection": '`code_challenge_method = "S256"`.',
        "acr": "It cannot look at acr: give the client a min_acr here.",
    },
    "jupyterhub": {
        "token": "It reads userinfo alone: ask by TLS, and give the client a min_acr here.",
        "acr": "It cannot look at acr: give the client a min_acr here.",
    },
}
"""What a library calls it; where a line is missing the general one holds."""


def of(report: Report, library: str | None) -> dict[str, str]:
    """Return what mends it, by group, in the order of the cases."""
    known = LIBRARIES.get(library or "", {})
    taken = dict.fromkeys(
        one.case.group for one in report.results if one.verdict is Verdict.ACCEPTED
    )
    return {group: " ".join(filter(None, (GENERAL[group], known.get(group)))) for group in taken}


def notes(report: Report) -> list[str]:
    """Return what an application goes without, or what explains what it accepts."""
    asked, names = report.asked, {one.case.name for one in report.accepted()}
    said = []
    if "id-token-missing" in names:
        said.append(
            "It needs no ID token: who signed in it takes from userinfo. So it sees neither acr"
            " nor nonce, and most of the above follows from that."
        )
    if not asked.code_challenge:
        said.append("It sends no code_challenge (PKCE, RFC 7636): RFC 9700 2.1.1 asks for it.")
    elif asked.challenge_method != "S256":
        said.append("It sends the plain code_challenge: S256 hides the verifier.")
    if asked.nonce is None:
        said.append("It sends no nonce: without PKCE, a code of another's is not noticed.")
    if asked.state is None:
        said.append("It sends no state.")
    if not asked.acrs:
        said.append("It asks for no acr: what level it gets is the provider's to decide (min_acr).")
    return said
