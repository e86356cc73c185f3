"""Reads AWS IAM policy documents as AWS does, and refuses what would hand out too much."""
