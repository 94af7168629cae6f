"""The settings in force: where each comes from is said, a secret never, by page and command."""

from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from idp.settings import in_force, reading
from tests.protocol.admin.test_frame import someone
from tests.protocol.command import Acrux
from tests.support.site import Site

SECRETS = {
    "sms__twilio_auth_token": "twilio-token-4711",
    "sms__webhook_secret": "whsec_" + "c2VjcmV0" * 6,
    "mail__password": "a-password-of-mail",
    "stream__secret": "whsec_" + "b2Ytc3RyZWFt" * 4,
    "stream__authorization": "Bearer of-the-stream",
}


@pytest.mark.slow
def test_each_setting_is_said_with_its_origin_and_no_secret_is(tmp_path: Path) -> None:
    file = tmp_path / "acrux.toml"
    file.write_text('[brand]\nname = "Hauora"\n[session]\nidle = 600\n')
    url = f"sqlite:///{tmp_path / 'acrux.db'}"
    site = Site(tmp_path, url, session__idle=900, **SECRETS)
    site.environ["ACRUX_CONFIG"] = str(file)
    page = someone(site, "owner").open("/admin/settings/")
    said = Acrux(site.environ)("settings")
    for text in (page.text, said, Acrux(site.environ)("settings", "--json")):
        assert not [one for one in SECRETS.values() if one in text]
    assert "mail.password = (set)  [ACRUX_MAIL__PASSWORD]" in said
    assert "sms.twilio_webhook_secret = (not set)" in said
    assert f"brand.name = Hauora  [{file}]" in said
    assert "session.idle = 900  [ACRUX_SESSION__IDLE]" in said
    assert "session.absolute = 43200\n" in said
    assert "ACRUX_SESSION__IDLE" in page.text
    rows = Acrux(site.environ).json("settings", "mail")
    assert {"mail.sender", "mail.password"} <= {row["name"] for row in rows}
    assert "no section" in Acrux(site.environ).run("settings", "nothing").stderr
    site.close()


@pytest.mark.parametrize(
    ("variable", "value", "shown"),
    [
        (
            "DATABASE__URL",
            "postgresql+psycopg://me:tops3cret@db/acrux",
            "postgresql+psycopg://…@db",
        ),
        (
            "STREAM__TO",
            "https://logs.example.org/in?key=tops3cret",
            "https://logs.example.org/in?…",
        ),
    ],
)
def test_no_address_is_said_with_what_lets_in(variable: str, value: str, shown: str) -> None:
    environ = {
        "ACRUX_ENV": "testing",
        "ACRUX_SERVER__ISSUER": "https://id.example.org",
        f"ACRUX_{variable}": value,
        "ACRUX_STREAM__SECRET": "whsec_" + "c2VjcmV0" * 6,
    }
    found = {one.name: one.value for one in in_force.everything(reading.load(environ))}
    assert shown in (found[variable.lower().replace("__", ".")] or "")
    assert "tops3cret" not in "".join(map(str, found.values()))


def test_whatever_is_called_like_a_secret_is_one(small_site: Site) -> None:
    settings = small_site.installation.settings
    hidden = {one.name for one in in_force.everything(settings) if one.value is None}
    called = {
        f"{section.name}.{key.name}"
        for section in fields(settings)
        if is_dataclass(values := getattr(settings, section.name))
        for key in fields(values)
        if any(key.name.endswith(end) for end in ("secret", "password", "auth_token", "key"))
    }
    assert called <= hidden
