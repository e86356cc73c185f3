"""Holding deployed identities against what their stack has declared."""
