"""What a process of the server loads before it answers."""

import subprocess
import sys

import pytest

NEVER_SERVED_WITH = {"alembic", "mako", "twilio", "granian.cli", "idp.cli.doctor", "idp.demo"}
NEVER_SERVED_WITH |= {"pydantic", "idp.api.v1.serving"}


@pytest.mark.slow
def test_a_process_that_serves_loads_nothing_that_only_commands_need() -> None:
    """Each would be waited for at every start, and stay in the memory of every process."""
    load = "import sys, idp.cli.running.served, idp.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True)
    assert NEVER_SERVED_WITH & set(done.stdout.split()) == set()


@pytest.mark.slow
def test_a_command_loads_no_page_and_no_endpoint() -> None:
    """Each command would wait for it, and the process beside those that serve keep it."""
    load = "import sys, idp.cli.running.beside; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", load], capture_output=True, text=True, check=True)
    assert not {"idp.app", "idp.pages", "idp.oidc.views", "idp.api"} & set(done.stdout.split())
