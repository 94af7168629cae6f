"""Other providers, measured beside Acrux: how each is made ready, and where it is found.

Owns nothing of what is measured: loads and figures are those of all providers.
"""
