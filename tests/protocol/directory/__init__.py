"""The room `idp.directory`: people whose passwords a directory checks."""
