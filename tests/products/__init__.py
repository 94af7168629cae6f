"""Products and libraries of others, unmodified, as the applications that people connect."""
