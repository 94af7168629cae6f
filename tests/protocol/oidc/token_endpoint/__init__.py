"""The token endpoint, grant by grant."""
