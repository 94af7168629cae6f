"""`acrux stage`: what it announces, whom it mails, who is ready."""
