"""Events on their way to other systems."""
