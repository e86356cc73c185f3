"""How arguments are read: names, values and problems."""
