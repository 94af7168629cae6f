"""What strangers try at a guarded host."""
