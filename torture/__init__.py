"""Acrux under load and faults, with a journal of what was answered and a checker of what holds.

It knows the product by its outside: `acrux serve`, HTTP, mail, text messages, and at the end the
database. It never decides what is right by asking the product's own code.
"""
