"""What tokens say, and the keys that sign them."""
