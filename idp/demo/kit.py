"""The door to the kit for Python (`kits/python`), a package of its own that stands beside this one.

An application elsewhere installs it; the demo takes it from where it is.
"""

import sys

from idp import shipped

sys.path.append(str(shipped.folder("kits") / "python"))

from acrux_step_up import Api, Verified
from acrux_step_up.client import step_up
from acrux_step_up.flask import demands

__all__ = ["Api", "Verified", "demands", "step_up"]
