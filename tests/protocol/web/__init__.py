"""What every page and answer has: languages, brand, weight, a way on, no fault."""
