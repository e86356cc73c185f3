"""A pipeline's access keys: two slots, their rotation, their ages, and where their secrets go."""
