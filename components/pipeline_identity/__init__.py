"""Pulumi components that give a CI/CD pipeline its AWS identity."""
