"""`acrux rp-check`, against applications that compare more or less."""
