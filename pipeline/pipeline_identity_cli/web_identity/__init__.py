"""Tokens of CI systems, with which pipelines without keys prove who they are."""
