"""Spans for OpenTelemetry: each request by its route, with what it asked of others.

Off unless `traces.endpoint` is set; then nothing of this room is imported. Questions to the
database are heard of by its own cursors (`store.db.watched`), calls to other programs where they
are marked (`idp.spans`). Alone imports OpenTelemetry. No span says anything of a person, and none
holds a secret: no address of a page or caller, no value of a statement, no text of an error.
"""
