"""Figures for Prometheus: what this machine's processes count, together, at an address of its own.

Off unless `metrics.bind` is set; then nothing of this room is imported. Events are counted where
they are recorded (`idp.audit`), once they are committed; requests where their access is noted
(`idp.serving.gateway`). No label is a person, a client, or a text of a stranger's. Alone imports
the library of Prometheus, and asks the database no more than once in a while.
"""
