"""Declares the components that the stack's settings name, and exports their outputs under those names."""

from __future__ import annotations

from typing import Any

import pulumi
from pipeline_identity import (
    PipelineIdentity,
    PipelineOidcProvider,
    PipelineRole,
    PipelineStages,
    PipelineTrail,
    PipelineUser,
    PipelineWatch,
)

COMPONENTS: dict[str, Any] = {
    "providers": PipelineOidcProvider,
    "users": PipelineUser,
    "roles": PipelineRole,
    "identities": PipelineIdentity,
    "stages": PipelineStages,
    "trails": PipelineTrail,
    "watches": PipelineWatch,
}

config = pulumi.Config()
for kind, component in COMPONENTS.items():
    declared: dict[str, Any] = config.get_object(kind) or {}
    for name, args in declared.items():
        made = component(name, args)
        pulumi.export(name, {output: getattr(made, output) for output in component.__annotations__})
