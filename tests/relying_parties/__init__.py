"""Applications built on libraries of others, signing in through Acrux as they are."""
