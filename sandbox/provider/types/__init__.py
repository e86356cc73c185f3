"""The resource types that the sandbox knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.provider.types import iam, odd, services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.provider.resource import Resource

TYPES: Mapping[str, Resource] = {kind.token: kind for kind in (*iam.TYPES, *odd.TYPES, *services.TYPES)}
"""Each type by its token."""
