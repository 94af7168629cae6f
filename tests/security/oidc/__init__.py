"""What a hostile application, or whoever plays one, could do."""
