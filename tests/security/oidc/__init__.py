"""What a hostile application, or anyone who plays one, could do."""
