"""The demo: a provider with made-up people, an application that signs them in, and their inbox.

Owns everything that `acrux demo` adds to an installation of its own. It runs in the demo
environment alone, listens on this machine alone, and only that one command imports it.
"""

import os
from pathlib import Path

from idp.demo import launch


def run(port: int = 5000, rp_port: int = 5001, folder: Path | None = None) -> None:
    """Run the provider on `port` and the application on `rp_port` until Ctrl-C or SIGTERM.

    Keys and data are in `folder`; in None where the settings say.

    Raises:
        CommandError: one line that says what is in the way.
    """
    # The one place that makes settings instead of reading them: what the provider is to find.
    environ = launch.environment(os.environ, port, folder)  # noqa: TID251
    launch.run(environ, port, rp_port)
