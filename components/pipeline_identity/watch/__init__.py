"""Alarms on what is done with a pipeline's identity, and to it."""
