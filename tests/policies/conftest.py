"""How the property tests of this room run: the same draws each time by default, new ones on demand.

`pytest --hypothesis-profile=explore tests/policies` draws anew and many more, for the hours before a release.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A slow machine is no failure, so nothing here is measured in time.
settings.register_profile(
    "policies", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "explore",
    max_examples=20_000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("policies")
