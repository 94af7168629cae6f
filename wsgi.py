"""The WSGI entry for any server: `granian --interface wsgi wsgi:app`, or `acrux serve`."""

from idp.app import create_app
from idp.cli.context import open_installation
from idp.store import db

# As `acrux serve` does: nothing is served over a schema or a keyring that does not fit.
db.close(open_installation().this.engine)
app = create_app()
