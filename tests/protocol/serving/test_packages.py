"""The files of config/packages are what containers and clusters can take; none is run here."""

import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from idp.cli import main
from idp.settings import reading
from tests.support.programs.documented import ROOT
from tests.support.programs.wheel import CONTAINERFILE, copied, health_check

FILES = ROOT / "config/packages"
COMPOSE = FILES / "compose.yaml"
CLUSTER = FILES / "kubernetes/acrux.yaml"
HOME = "/var/lib/acrux"
NOT_ROOT = "10001"


def test_the_container_is_built_of_files_that_are_here_and_of_locked_packages() -> None:
    for name in copied():
        assert (ROOT / name).exists(), name
    text = CONTAINERFILE.read_text()
    assert "--require-hashes --requirement requirements.txt" in text
    assert re.findall(r"^USER (.*)$", text, re.M) == [f"{NOT_ROOT}:{NOT_ROOT}"]
    assert re.findall(r"^VOLUME (.*)$", text, re.M) == [HOME]
    assert "127.0.0.1:5000/readyz" in health_check()[1]


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


@pytest.mark.parametrize("name", ["prepare", "acrux"])
def test_the_variables_of_the_compose_file_are_settings(tmp_path: Path, name: str) -> None:
    service = services()[name]
    given = {
        "ACRUX_ISSUER:?the https address of the installation": "https://id.example.org",
        "ACRUX_PROXY:?the address of the reverse proxy": "10.89.0.1",
        "DATABASE_PASSWORD:?": "secret",
    }
    environ = {
        key: re.sub(r"\$\{([^}]*)\}", lambda found: given[found[1]], value)
        for key, value in service["environment"].items()
    }
    environ["ACRUX_CONFIG"] = str(production(tmp_path))
    loaded = reading.load(environ)
    assert loaded.database_url == "postgresql+psycopg://acrux:secret@database/acrux"
    assert loaded.server.trusted_proxies == ("10.89.0.1",)
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert known(service.get("command", ["serve"]))


def production(folder: Path) -> Path:
    """The rest of the settings, as an operator writes them."""
    file = folder / "acrux.toml"
    file.write_text(settings_of_the_cluster())
    return file


def documents() -> dict[str, Any]:
    return {found["kind"]: found for found in yaml.safe_load_all(CLUSTER.read_text())}


def settings_of_the_cluster() -> str:
    text: str = documents()["ConfigMap"]["data"]["acrux.toml"]
    return text


def test_the_settings_of_the_cluster_are_whole_with_the_secrets_that_it_names(
    tmp_path: Path,
) -> None:
    assert tomllib.loads(settings_of_the_cluster())
    secrets = re.findall(r"--from-literal=(\w+)=", CLUSTER.read_text())
    values = ("postgresql+psycopg://acrux:secret@database/acrux", "secret")
    environ = dict(zip(secrets, values, strict=True))
    loaded = reading.load({**environ, "ACRUX_CONFIG": str(production(tmp_path))})
    assert loaded.mail.password == "secret"


def test_what_runs_in_the_cluster_has_no_right_that_it_does_not_need() -> None:
    pod = documents()["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsUser"] == int(NOT_ROOT)
    assert pod["securityContext"]["runAsNonRoot"]
    for container in (*pod["initContainers"], *pod["containers"]):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
        assert mounts["instance"]["mountPath"] == HOME
        assert {mount["name"] for mount in pod["volumes"]} == set(mounts)
        assert known(container["args"])


def known(words: list[str]) -> bool:
    """Whether `acrux` takes these words: with --help behind them it only says what it would do."""
    found = main.get_command(
        main.make_context("acrux", ["--help-is-not-asked"], resilient_parsing=True), words[0]
    )
    assert found is not None, shlex.join(words)
    found.make_context(words[0], list(words[1:]))
    return True
