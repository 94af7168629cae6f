"""Measurements of the hot paths on real processes: `make bench`. README.md: how to read them."""
