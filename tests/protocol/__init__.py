"""What a client sees on the wire, section by section of the standards. No browser."""
