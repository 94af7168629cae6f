"""What is supported, said once: discovery, and docs/standards.md, come from one list.

Owns that list. It never switches anything on: that settings and clients do.
"""
