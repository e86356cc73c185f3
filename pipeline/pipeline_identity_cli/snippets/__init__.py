"""Text to paste into another system, so that its jobs start with a pipeline's identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_identity_cli.snippets import ci, esc, profiles, script, terraform

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_identity_cli.snippets.settings import Settings

SYSTEMS: dict[str, Callable[[Settings], str]] = {
    "profile": profiles.source_profile,
    "credential-process": profiles.credential_process,
    "github": ci.github,
    "gitlab": ci.gitlab,
    "bitbucket": ci.bitbucket,
    "circleci": ci.circleci,
    "jenkins": ci.jenkins,
    "azure-devops": ci.azure_devops,
    "buildkite": ci.buildkite,
    "woodpecker": ci.woodpecker,
    "forgejo": ci.forgejo,
    "hcp-terraform": terraform.workspace,
    "esc": esc.environment,
    "sh": script.shell,
}
"""What writes the snippet of each system; the command line offers the same."""
FROM_KEYS = frozenset(("profile", "credential-process", "woodpecker", "forgejo"))
"""The systems that hand out no token."""
