"""What the role may do."""
