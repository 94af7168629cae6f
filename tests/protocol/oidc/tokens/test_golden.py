"""The shape of what applications read: a change of it is seen in review.

Anyone who changes it on purpose runs this file with ACRUX_WRITE_GOLDEN=1 and reads the difference.
Values that are drawn, or are times, stand there as what they are: `<subject>`, `<now + 600>`.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from idp.store.db.statements import Statement
from tests.protocol.endpoints import introspect, own_token, robot
from tests.protocol.oidc.test_userinfo import ADDRESS, PROFILE
from tests.protocol.sign_ins import jose_header, tokens, userinfo
from tests.support.site import Application, Site

ISSUER = "https://id.example.org"
GOLDEN = Path(__file__).parent / "golden"
EVERYTHING = "openid profile email address phone offline_access"
DRAWN = ("sub", "sid", "jti", "kid", "at_hash")
TIMES = ("iat", "exp", "auth_time", "updated_at")


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[Site]:
    """An installation as in production, with someone of whom everything is known."""
    site = Site(tmp_path, f"sqlite:///{tmp_path / 'acrux.db'}", server__issuer=ISSUER)
    site.person("tane")
    with site.work() as work:
        known = json.dumps({**PROFILE, "address": ADDRESS})
        work.run(Statement("UPDATE person SET claims = :claims"), claims=known)
    yield site
    site.close()


def normal(found: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with names for what differs from run to run."""
    now = found.get("iat", found.get("updated_at"))
    result = dict(sorted(found.items()))
    for name in DRAWN:
        # An application's own name is not drawn.
        if name in result and result[name] != result.get("client_id"):
            assert isinstance(result[name], str)
            assert len(result[name]) >= 16
            result[name] = f"<{name}>"
    for name in TIMES:
        if name in result:
            assert type(result[name]) is int
            later = result[name] - now
            result[name] = "<now>" if abs(later) < 60 else f"<now + {later}>"
    return result


def compare(name: str, found: dict[str, Any]) -> None:
    file = GOLDEN / f"{name}.json"
    if os.environ.get("ACRUX_WRITE_GOLDEN"):
        file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    assert found == json.loads(file.read_text())


def signed_in(site: Site, app: Application) -> dict[str, Any]:
    return tokens(site, app, scope=EVERYTHING, max_age="3600")


def parsed(site: Site, text: str) -> dict[str, Any]:
    return {"header": normal(jose_header(text)), "claims": normal(site.id_token(text))}


def test_the_id_token(secure: Site) -> None:
    compare("id-token", parsed(secure, signed_in(secure, secure.application())["id_token"]))


def test_userinfo(secure: Site) -> None:
    answer = signed_in(secure, secure.application())
    compare("userinfo", normal(userinfo(secure, answer["access_token"]).json))


def test_introspection(secure: Site) -> None:
    app, api = secure.application(), secure.application("api", resource_server=True)
    answer = signed_in(secure, app)
    own = own_token(secure, robot(secure)).json["access_token"]
    found = {
        "of an access token": introspect(secure, api, answer["access_token"]).json,
        "of a refresh token, by its client": introspect(secure, app, answer["refresh_token"]).json,
        "of a token of an application itself": introspect(secure, api, own).json,
        "of anything else": introspect(secure, api, "x").json,
    }
    compare("introspection", {name: normal(one) for name, one in found.items()})


def test_the_signed_access_token(secure: Site) -> None:
    app = secure.application(access_token_format="jwt", audience=["https://api.example.org"])
    robots = robot(secure, access_token_format="jwt")
    found = {
        "of a sign-in": signed_in(secure, app)["access_token"],
        "of an application itself": own_token(secure, robots).json["access_token"],
    }
    compare("access-token-jwt", {name: parsed(secure, text) for name, text in found.items()})


def test_the_token_response(secure: Site) -> None:
    answer = signed_in(secure, secure.application())
    drawn = {name: f"<{name}>" for name in ("access_token", "refresh_token", "id_token")}
    own = own_token(secure, robot(secure)).json | {"access_token": "<access_token>"}
    compare("token-response", {"of a code": answer | drawn, "of an application itself": own})
