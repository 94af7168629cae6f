"""Acrux: an OpenID Provider whose `acr` and `amr` are true, explained and provable.

`app.create_app` wires the packages together; docs/architecture.md is the map.
"""
