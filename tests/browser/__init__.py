"""Stories of people at the hosted pages, told by a real browser."""
