"""The rules AWS has and ministack lacks, put around ministack in its own process and its own environment.

The layer changes ministack from inside, so it is written for exactly one version of it and refuses any other
(``EMULATOR_VERSION``, pinned in ``environment/pyproject.toml`` too). The names of ministack it touches are all listed,
with their types, in ``emulator.py``, and nowhere else:

- ``services.iam``: the stores of users, roles, groups, keys and the like, the table of handlers, ``_error``, ``_xml``;
- ``services.sts``: the open sessions, ``register_session``, ``handle_request``;
- ``services.organizations``: the organizations, their accounts and units;
- ``services.cloudtrail``: the trails; ``services.eventbridge``: the rules, ``_put_events``, ``_dispatch_event``;
- ``core.iam_evaluator``: ``authenticate``, ``enforce``, ``_first_match``, ``_conditions_met``,
  ``_resolve_condition_key``, ``resolve_credential``, ``ResolvedCredential``, ``evaluate_trust_policy``,
  ``EvalContext``, ``_CONDITION_OPS``, and how it matches texts, actions and principals;
- ``core.iam_actions``: ``extract_resource_arn``.

Three routes of its own exist beside those of AWS, on loopback like everything else:

- ``GET /_sandbox/instance`` tells which local AWS answers;
- ``POST /_sandbox/clock`` with ``{"forwardSeconds": N}`` lets N seconds pass for the sessions that are open;
- ministack's ``POST /_ministack/reset`` forgets everything.

Everything comes from loopback here, so a call may say where it would come from: see ``origins.py``.
"""

from __future__ import annotations

EMULATOR_VERSION = "1.5.33"
