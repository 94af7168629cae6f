"""The database: migrations, trouble, silence, poolers, keys."""
