"""The WSGI entry for any server: `granian --interface wsgi wsgi:app`, or `acrux serve`."""

from idp.app import create_app

app = create_app()
