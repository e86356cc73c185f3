"""What follows from policy documents, whichever request comes.

`zone` says whom the operator trusts, `requests` whether one request is allowed, `search` whether there is any request
that is, `external_access` who outside the trust zone gets in, `grants` and `escalation` what the statements of one
identity add up to.
"""
