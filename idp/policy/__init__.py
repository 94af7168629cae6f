"""What must happen next, and what may truthfully be said of it. Owns every rule of acr and amr.

Pure: standard library only, time is an argument, nothing is read or written. It never knows of
HTTP, of rows, or of the libraries that verify a factor.
"""
