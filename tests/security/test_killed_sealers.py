"""Sealers that are killed between any two steps, and several at once, leave one whole ledger."""

import json
import os

import pytest

from idp.ledger import checking
from tests.protocol.ledger.auditing import sealed, sql, write
from tests.support.programs import warm
from tests.support.site import Site

STEPS = (
    "turns.claim_turn",
    "turns.unsealed",
    "turns.claim_growth",
    "turns.number",
    "log.put_tile",
    "log.add_checkpoint",
)
"""After each of these a sealer is killed: from its turn up to the commit."""
PROGRAM = """
import json, os, signal, sys
from idp.app import create_app
from idp.ledger import sealing
from idp.store.ledger import log, turns
sealing.BATCH = 3
asked = json.loads(sys.argv[1])
this = create_app().extensions["acrux_installation"]
if asked["step"]:
    place, name = asked["step"].split(".")
    module = {"log": log, "turns": turns}[place]
    step = getattr(module, name)
    def and_die(*values, **more):
        step(*values, **more)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(module, name, and_die)
this.sealer.seal()
"""


def sealer(site: Site, step: str = "") -> warm.Server:
    """Start another process that seals, and dies after a step."""
    return warm.program(PROGRAM, [json.dumps({"step": step})], {**os.environ, **site.environ})


@pytest.mark.slow
def test_nothing_is_lost_and_no_number_given_twice(site: Site) -> None:
    names = []
    for number, step in enumerate(STEPS):
        mine = [f"t{number}-{at}" for at in range(4)]
        write(site, *mine)
        names += mine
        assert sealer(site, step).wait(60) == -9
        checking.check(site.installation.engine, site.installation.keyring)
        # Only its turn is left behind, and runs out.
        site.advance(61)
    several = [sealer(site) for _ in range(2)]
    write(site, *(f"late{at}" for at in range(10)))
    assert [one.wait(60) for one in several] == [0, 0]
    site.installation.sealer.seal()
    found = [name for name in sealed(site) if name.startswith(("t", "late")) and "-" in name]
    assert found == names
    done = checking.check(site.installation.engine, site.installation.keyring)
    assert done.unsealed == 0
    assert sql(site, "UPDATE ledger_leaf SET seq = seq WHERE seq IS NOT NULL") == done.rows
