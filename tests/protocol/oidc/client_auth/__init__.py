"""How clients authenticate, and with which keys."""
