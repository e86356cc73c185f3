"""What the components make of their arguments, before anything exists."""
