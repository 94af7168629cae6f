"""Profiles that several people may use: signs, counted and scored, and a way out.

Owns what makes an account suspected (`signs`), what an administrator does about it (`suspects`) and
the split into personal profiles (`split`). A score blocks no one and counts for no level.
"""
