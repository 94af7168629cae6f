"""`acrux user import`: files of people, as other products write them."""
