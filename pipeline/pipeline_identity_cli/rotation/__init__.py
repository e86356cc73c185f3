"""Replacing a user's access key that is made outside Pulumi.

`stores` keeps the key for the pipeline's jobs, `keys` reads what the user has, `binding` and `mark` are the two tags
that a rotation leaves on the user, `plan` says what is to be done, and `run` does it.
"""
