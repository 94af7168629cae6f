"""`acrux ledger`: an operator seals, checks and hands out what an auditor verifies elsewhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.protocol.command import Acrux
from tests.protocol.sign_ins import code
from tests.support.site import Site

VERIFIER = Path(__file__).parents[3] / "tools/verify/acrux_verify.py"


@pytest.mark.slow
def test_a_token_is_proved_to_someone_who_has_the_key_alone(site: Site, tmp_path: Path) -> None:
    acrux = Acrux(site.environ)
    site.person("tane")
    app = site.application()
    token = site.redeem(app, code(site, app)).json["id_token"]
    assert acrux.run("ledger", "key").exit_code == 1
    assert acrux.run("ledger", "prove", token).exit_code == 1
    assert "rows sealed" in acrux("ledger", "seal")
    assert "are as they were signed" in acrux("ledger", "verify")
    for name, words in (("proof", ("prove", token)), ("export", ("export",))):
        file = tmp_path / name
        file.write_text(acrux("ledger", *words))
        command = [sys.executable, "-I", str(VERIFIER), "--json", str(file)]
        key = acrux("ledger", "key").strip()
        done = subprocess.run([*command, "--key", key], capture_output=True, check=False)
        assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "ok"), done
    assert acrux.run("ledger", "prove", "nobody's").exit_code == 1
    assert acrux.run("ledger", "export", "--from", "100000").exit_code == 1
