"""Forward authentication, as a proxy and a browser meet it."""
