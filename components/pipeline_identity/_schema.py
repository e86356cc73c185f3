"""What the package's schema says beside what is inferred: about the package, and defaults.

It does not say which outputs are secret, though the format could: the SDK that Pulumi makes for Java from it does not
compile, since the options of components take no secret outputs there. The components mark the values themselves, and so
they are secret in every language.
"""

from __future__ import annotations

from importlib.metadata import metadata
from typing import Any

DISTRIBUTION = "pulumi-pipeline-identity"

_SHARED = {"partition": "aws", "path": "/", "exclusivePolicies": False, "forceDestroy": False}
_OF_ROLES = {"largePolicies": "refuse", "managedPolicyQuota": 10, "maxSessionDuration": 3_600}

DEFAULTS: dict[str, dict[str, str | int | bool]] = {
    "PipelineIdentity": {**_SHARED, **_OF_ROLES, "mode": "keys", "userPolicyMode": "inline"},
    "PipelineOidcProvider": {"partition": "aws", "keepOnDestroy": False, "adopt": False},
    "PipelineRole": {**_SHARED, **_OF_ROLES, "adopt": False},
    "PipelineStages": {**_SHARED, "mode": "keys", "userPolicyMode": "inline", "adopt": False},
    "PipelineTokenIssuer": {"partition": "aws", "keepOnDestroy": False, "adopt": False},
    "PipelineTrail": {"partition": "aws", "forceDestroy": False},
    "PipelineUser": {
        **_SHARED,
        "adopt": False,
        "mayTagSessions": False,
        "maySetSourceIdentity": False,
        "userPolicyMode": "inline",
    },
    "PipelineWatch": {"partition": "aws"},
}
"""What arguments of components are when they are not given: the constants among the defaults.

Schemas take constants of simple types. Defaults inside nested arguments are only described: SDKs would send them where
nobody has written the argument around them.
"""


GO_WITHOUT_ADDRESS = "example.com/pulumi-pipeline-identity/sdk/go/pipelineidentity"
"""By which path Go programs import the generated SDK while the project has no address: a domain that nobody can own."""

_GITHUB = "https://github.com/"


def about_the_package() -> dict[str, Any]:
    """Returns what the schema says about the package: the distribution's own metadata."""
    said = metadata(DISTRIBUTION)
    urls = dict(line.split(", ", 1) for line in said.get_all("Project-URL") or [])
    return {
        "displayName": "Pipeline Identity",
        "description": said["Summary"],
        "keywords": [word.strip() for word in (said["Keywords"] or "").split(",")],
        "publisher": said["Author"],
        "license": said["License-Expression"],
        **addresses(urls.get("Repository", "")),
    }


def addresses(repository: str) -> dict[str, str]:
    """Returns the addresses in the schema, all of which follow from the repository's one.

    Args:
        repository: The repository's address; empty while the project has none: then the schema names none either.
    """
    if not repository:
        return {}
    known = {"homepage": repository, "repository": repository}
    if not repository.startswith(_GITHUB):
        return known
    name = repository.removeprefix(_GITHUB)
    return known | {
        "logoUrl": f"https://raw.githubusercontent.com/{name}/main/docs/logo.svg",
        "pluginDownloadURL": f"github://api.github.com/{name}",
    }


def complete(schema: dict[str, Any], package: str) -> dict[str, Any]:
    """Returns a schema with what is said about the package, and the defaults.

    Args:
        schema: The schema that was inferred from the components.
        package: The package's name.
    """
    for component, defaults in DEFAULTS.items():
        inputs = schema["resources"][f"{package}:index:{component}"]["inputProperties"]
        for name, default in defaults.items():
            inputs[name]["default"] = default
    about = about_the_package()
    if "repository" not in about:
        schema["language"]["go"]["importBasePath"] = GO_WITHOUT_ADDRESS
    return {**schema, **about}
