"""How rows become values."""
