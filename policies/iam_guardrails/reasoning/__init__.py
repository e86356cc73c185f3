"""What follows from policy documents, whichever request comes.

Who gets in: `zone` (whom the operator trusts), `search` (is there a value that meets all of these conditions?),
`contexts` and `callers` (what external callers' requests may hold), `sources` (on whose behalf services ask),
`request_search` (is there a request?), `requests` (a witness, evaluated), `external_access` (all of it together).

What an identity can make of its permissions: `tables` (the data), `permissions` (the words), `breadth` (how many
objects a resource pattern takes in), `restrictions` (which conditions count), `grants` (Allows less Denies),
`escalation_table` and `escalation` (known paths to more), `orchestrators` (services whose roles nobody holds).
"""
