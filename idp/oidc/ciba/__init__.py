"""Sign-ins that an application asks for behind the browser (OpenID Connect CIBA Core 1.0).

Owns what an application asks and is given, how the person is reached, the page of the question, and
what the application is told when it is answered. The sign-in behind a yes is the one that everybody
has (`idp.oidc.elsewhere`); the tokens are the token endpoint's (`idp.oidc.token_endpoint.ciba`).
Nothing is pushed: tokens leave by the token endpoint alone.
"""
