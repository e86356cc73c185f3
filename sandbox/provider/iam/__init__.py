"""The types of IAM."""
