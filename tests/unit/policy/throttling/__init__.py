"""How often one may guess, and what counters are called."""
