"""What several of these tests need, made once a worker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.consumers import published

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with all wheels and sdists."""
    return published.distributions(tmp_path_factory.mktemp("distributions"))


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a git repository with this checkout in it."""
    return published.repository(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has both wheels, and nothing else of ours."""
    components, guardrails = (
        str(next(built.glob(f"{name}-*.whl"))) for name in ("pulumi_pipeline_identity", "iam_guardrails")
    )
    return published.environment(tmp_path_factory.mktemp("installed"), components, f"{guardrails}[pulumi]")
