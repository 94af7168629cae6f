"""What a backup means, without one."""
