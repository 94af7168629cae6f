"""One module in isolation: pure functions, vectors, state machines. No network, no browser."""
