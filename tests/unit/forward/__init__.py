"""Forward authentication: what is pure of it."""
