"""Who may assume the role."""
