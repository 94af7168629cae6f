"""The application for a WSGI server of your own; `acrux serve` needs none.

Such a server must do what `idp.serving` does: drop header names with an underscore, and give a
request to a thread only when its body is here (gunicorn behind a proxy that buffers, waitress).
"""

from idp.app import create_app
from idp.cli.context import open_installation
from idp.store.db import connections

# As `acrux serve` does: nothing is served over a schema or a keyring that does not fit.
connections.close(open_installation().installation.engine)
app = create_app()
