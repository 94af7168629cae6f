"""Whether the canary notices that a rule does not hold."""
