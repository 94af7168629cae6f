"""What an attacker would try: replay, race, forgery, enumeration, injection. Each must fail."""
