"""Text to paste into another system, so that its jobs start with a pipeline's identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_identity_cli.snippets import ci, esc, profiles, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_identity_cli.snippets.wish import Wish

SYSTEMS: dict[str, Callable[[Wish], str]] = {
    "profile": profiles.source_profile,
    "credential-process": profiles.credential_process,
    "github": ci.github,
    "gitlab": ci.gitlab,
    "bitbucket": ci.bitbucket,
    "circleci": ci.circleci,
    "jenkins": ci.jenkins,
    "azure-devops": ci.azure_devops,
    "esc": esc.environment,
    "sh": script.shell,
}
"""What writes the snippet of each system; the command line offers the same."""
