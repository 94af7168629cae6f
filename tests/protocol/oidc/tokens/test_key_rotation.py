"""Keys are changed while two processes sign: no application that follows the rules sees a fault."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from joserfc import jwk, jwt

from idp import clock
from tests.protocol.command import Acrux
from tests.protocol.sign_ins import jose_header, tokens
from tests.support.applications.application import Application
from tests.support.site import Site

MAX_AGE = 300
"""What /jwks allows: a verifier may go on with its copy for so many seconds."""


class Verifier:
    """An application that refreshes its tokens and verifies them with a copy of our keys."""

    def __init__(self, site: Site, application: Application, refresh_token: str) -> None:
        self._site, self._application, self._token = site, application, refresh_token
        self._fetch()
        self.kids: set[str] = set()
        self.verified = Event()

    def _fetch(self) -> None:
        self._fetched_at = clock.now()
        found = self._site.client().send("GET", "/jwks").json
        self._keys = jwk.KeySet.import_key_set(found)

    def round(self) -> None:
        answer = self._site.refresh(self._application, self._token)
        assert answer.status == 200, answer.text
        self._token, id_token = answer.json["refresh_token"], answer.json["id_token"]
        if clock.now() - self._fetched_at > MAX_AGE:
            self._fetch()
        jwt.decode(id_token, self._keys, algorithms=["RS256"])
        self.kids.add(str(jose_header(id_token)["kid"]))
        self.verified.set()

    def run(self, stop: Event) -> int:
        rounds = 0
        while not stop.is_set():
            self.round()
            rounds += 1
        return rounds


@pytest.mark.slow
def test_rotation_under_load_breaks_no_verifier(site: Site) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    app = site.application("app")
    first = [tokens(site, app, scope="openid offline_access") for _ in range(3)]
    with site.serve(workers=2):
        verifiers = [Verifier(site, app, one["refresh_token"]) for one in first]
        stop = Event()
        with ThreadPoolExecutor(len(verifiers)) as pool:
            running = [pool.submit(verifier.run, stop) for verifier in verifiers]
            try:
                acrux("keys", "rotate", "--alg", "RS256")
                for _ in range(12):
                    site.advance(60)
                    for verifier in verifiers:
                        verifier.verified.clear()
                    assert all(verifier.verified.wait(30) for verifier in verifiers)
            finally:
                stop.set()
            assert all(one.result() > 12 for one in running)
    assert all(len(verifier.kids) == 2 for verifier in verifiers), "both keys signed"
