"""Single methods by themselves."""
