"""The API does what its own document says, whatever is sent: asked by schemathesis."""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig

from idp.api.v1.table import ROUTES
from tests.protocol.api.programs import Program, own_token, robot
from tests.protocol.command import Acrux
from tests.support.site import MFA, Site

EXAMPLES = 8
"""Of each operation, each way: with what is there and with what is not, as described and not."""
BEARABLE = {
    "positive_data_acceptance": {"enabled": False},
    "missing_required_header": {"enabled": False},
    "negative_data_rejection": {"expected-statuses": ["4xx"]},
}
"""Rules between members stand in no schema. A version that is missing is 428, and a text that is
too long may be 413: those checks do not know of either."""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    found = Site(tmp_path, url, api__per_minute=1_000_000)
    yield found
    found.close()


def there(site: Site) -> dict[str, str]:
    """Return what there is, by the names of the parts of addresses."""
    sub = site.person("tane")
    site.application("app")
    Acrux(site.environ)(
        *("stage", "add", "--id", "one", "--audience", "user", "--level", MFA, "--recommended")
    )
    call = Program(site, own_token(site, robot(site, client_id="importer")))
    job = call("POST", "/imports", {"rows": [{"username": "mere", "email": "mere@a.nz"}]}).json
    return {
        "sub": sub,
        "job": job["id"],
        "letter": "announced",
        "lack": "one-way",
        "client_id": "app",
        "stage": "one",
        "kid": "none",
        "message": "none",
        "kind": "phone-changed",
        "language": "de",
    }


def read(site: Site) -> Any:
    config = SchemathesisConfig.from_dict({"checks": BEARABLE})
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", site.app, config=config)


def ask(headers: dict[str, str], cases: SearchStrategy[Case]) -> None:
    """Send some requests, and demand of each answer what the document says."""

    @given(case=cases)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def send(case: Case) -> None:
        case.call_and_validate(headers=headers)

    # What takes nothing cannot be asked otherwise than described.
    with suppress(Unsatisfiable):
        send()


@pytest.mark.slow
def test_what_is_asked_by_the_document_is_answered_by_it(site: Site) -> None:
    token = own_token(site, robot(site))
    held = {"Authorization": f"Bearer {token}"}
    known, began = there(site), time.process_time()
    operations = [found.ok() for found in read(site).get_all_operations()]
    # What is deleted is asked of no more.
    for operation in sorted(operations, key=lambda one: one.method == "delete"):
        real = {part: known[part] for part in known if f"{{{part}}}" in operation.path}
        ask(held, operation.as_strategy(GenerationMode.POSITIVE))
        ask(held, operation.as_strategy(GenerationMode.NEGATIVE))
        if real:
            ask(held, operation.as_strategy(GenerationMode.POSITIVE, path_parameters=real))
    assert time.process_time() - began < 60


@pytest.mark.slow
def test_every_row_is_described_and_every_schema_is_there(small_site: Site) -> None:
    document = Program(small_site, None)("GET", "/openapi.json").json
    described = {
        (method.upper(), path) for path, found in document["paths"].items() for method in found
    }
    assert described == {(route.method, route.path) for route in ROUTES}
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(set(names)) == len(ROUTES)
    text = str(document)
    for name in document["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in text, name


@pytest.mark.slow
def test_members_say_what_they_mean_also_those_of_a_use_case(small_site: Site) -> None:
    schemas = Program(small_site, None)("GET", "/openapi.json").json["components"]["schemas"]
    assert "address.locality" in schemas["PersonChange"]["properties"]["claims"]["description"]
    assert schemas["NewClient"]["properties"]["min_acr"]["description"]
    assert "required" in schemas["NewPerson"]
    assert schemas["NewPerson"]["additionalProperties"] is False


@pytest.mark.slow
def test_a_page_of_it_is_read_without_a_script_of_others(small_site: Site) -> None:
    reply = Program(small_site, None)("GET", "/")
    assert reply.status == 200
    assert 'id="resetFactor"' in reply.text
    assert 'src="http' not in reply.text
