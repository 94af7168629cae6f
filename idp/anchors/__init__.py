"""Bringing each checkpoint of the ledger to places outside that keep it, or sign it as witnesses.

Owns which places there are, how a checkpoint gets to each, how far each has them, and when one is
tried again. It never signs, and nothing that is sealed waits for it.
"""
