"""Identities as the outputs of a Pulumi stack tell them.

Understood are all outputs of a stack, its output `pipelines` (pipelines by name), and the outputs of one component, in
the spelling of the schema (`roleArn`) or of Python (`role_arn`). What cannot be what it is called is refused: nobody
should be told that all is well with an identity that was passed over.
"""

from __future__ import annotations

import configparser
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from pipeline_identity_cli.outcome import Stopped, one_line
from pipeline_identity_cli.texts import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator

_HIDDEN = "[secret]"
"""What Pulumi prints in place of a secret."""
_DEEPEST = 2
"""How far below the top an identity may stand: all outputs of a stack hold `pipelines`, which holds the identity."""
LONGEST = 43_200
"""IAM's limit of a session in seconds."""
_WRITE = "name a file with the output of: pulumi stack output pipelines --json"
_SHOW = "write them with: pulumi stack output pipelines --json --show-secrets"


@dataclass(frozen=True)
class Identity:
    """One pipeline's identity.

    Attributes:
        name: The pipeline's name.
        role_arn: Its role.
        user_arn: The user it starts from; None when keyless.
        session_name: What its sessions are called.
        max_session_duration: The longest session that its role allows, in seconds; 0 when it is not known.
        external_id: The external id that the role's trust asks for; None when it asks for none.
        access_key_id: The key it starts from; None when keyless.
        secret_access_key: The key's secret; None when keyless, or when the outputs do not show it.
        key_ids: The ids of all keys that the stack has made, by slot.
        key_statuses: `Active` or `Inactive`, by slot.
        user_policy: The user's only policy, as JSON; None when the outputs do not say it.
        trust_policy: Who may assume the role, as JSON; None when the outputs do not say it.
        permissions_policies: What the role may do, as JSON by name; None when the outputs do not say it.
        permissions_boundary: The ARN of the role's boundary; None without one.
    """

    name: str
    role_arn: str
    user_arn: str | None = None
    session_name: str = "pipeline"
    max_session_duration: int = 0
    external_id: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    key_ids: Mapping[str, str] = field(default_factory=dict[str, str])
    key_statuses: Mapping[str, str] = field(default_factory=dict[str, str])
    user_policy: str | None = None
    trust_policy: str | None = None
    permissions_policies: Mapping[str, str] | None = None
    permissions_boundary: str | None = None

    @property
    def has_keys(self) -> bool:
        """Whether the pipeline starts from keys."""
        return self.user_arn is not None


@dataclass(frozen=True)
class Outputs:
    """What a stack's outputs tell.

    Attributes:
        identities: Every identity, by its pipeline's name.
        hidden: What Pulumi hides as a whole where a pipeline may stand, by name.
    """

    identities: Mapping[str, Identity]
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where the outputs come from.

    Attributes:
        file: A file, or `-` for standard input; None asks Pulumi.
        stack: The name of the stack that Pulumi is asked for.
        show_secrets: Whether Pulumi is asked for secrets in the clear.
    """

    file: str | None = None
    stack: str | None = None
    show_secrets: bool = False

    @property
    def given(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.file or self.stack)


def read(source: Source) -> Outputs:
    """What the outputs tell.

    Raises:
        Stopped: There are no outputs to be had, no identity is in them, or one that cannot be meant.
    """
    outputs = _asked(source) if source.file is None else read_json(source.file, "--outputs", _WRITE)
    found: dict[str, Identity] = {}
    hidden: list[str] = []
    for one in _found(outputs, "pipeline", 0):
        if isinstance(one, str):
            hidden.append(one)
        elif found.setdefault(one.name, one) != one:
            fix = "hand over one output at a time: pulumi stack output NAME --json"
            raise Stopped(f"the outputs hold several pipelines that are called {one_line(one.name)!r}", fix)
    if not found:
        why = f" (Pulumi hides them as {_HIDDEN})" if _HIDDEN in json.dumps(outputs) else ""
        fix = _SHOW if why else _SHOW.removesuffix(" --show-secrets")
        raise Stopped(f"the outputs hold no pipeline's role ARN{why}", fix)
    return Outputs(found, tuple(hidden))


def identities(source: Source) -> Mapping[str, Identity]:
    """Every identity in the outputs, by its pipeline's name.

    Raises:
        Stopped: As `read` does.
    """
    return read(source).identities


def identity(source: Source, pipeline: str | None) -> Identity:
    """The identity of one pipeline, which need not be named where there is only one.

    Raises:
        Stopped: There is none of that name, or which one is meant is open.
    """
    return chosen(identities(source), pipeline)


def chosen(found: Mapping[str, Identity], pipeline: str | None) -> Identity:
    """One of several identities, which need not be named where there is only one.

    Raises:
        Stopped: There is none of that name, or which one is meant is open.
    """
    names = ", ".join(sorted(found))
    if pipeline is None and len(found) > 1:
        raise Stopped("the outputs hold several pipelines", f"name one with --pipeline: {names}")
    if pipeline is not None and pipeline not in found:
        raise Stopped(f"there is no pipeline {one_line(pipeline)!r} in the outputs", f"choose one of: {names}")
    return found[pipeline] if pipeline else next(iter(found.values()))


def _asked(source: Source) -> object:
    command = ["pulumi", "stack", "output", "--json", "--stack", source.stack or ""]
    command += ["--show-secrets"] if source.show_secrets else []
    try:
        ran = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    except FileNotFoundError:
        fix = "install it, or hand the outputs over with --outputs FILE"
        raise Stopped("pulumi is not on this machine's PATH", fix) from None
    if ran.returncode:
        fix = "run it in the program's folder, logged in to its backend, or hand the outputs over with --outputs FILE"
        raise Stopped(f"pulumi stack output failed: {one_line(ran.stderr)}", fix)
    try:
        return cast("object", json.loads(ran.stdout))
    except ValueError:
        raise Stopped("pulumi stack output wrote something that is not JSON", "run it by itself") from None


def _found(outputs: object, name: str, depth: int) -> Iterator[Identity | str]:
    """The identities, and the names of what is hidden where one may stand: beside others, or as all of `pipelines`."""
    if not isinstance(outputs, dict):
        return
    entries = cast("Mapping[str, object]", outputs)
    if _is_identity(entries):
        yield _identity(name, {_schema_name(key): value for key, value in entries.items()})
    elif depth < _DEEPEST:
        beside = name == "pipelines" or any(_is_identity(value) for value in entries.values())
        for key, value in entries.items():
            if value == _HIDDEN and (beside or key == "pipelines"):
                yield key
            yield from _found(value, key, depth + 1)


def _is_identity(value: object) -> bool:
    return isinstance(value, dict) and any(
        _schema_name(key) == "roleArn" and isinstance(one, str) for key, one in cast("dict[str, object]", value).items()
    )


def _schema_name(key: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), key)


def _identity(name: str, outputs: Mapping[str, object]) -> Identity:
    secret = _text(outputs, "secretAccessKey")
    return Identity(
        name=name,
        role_arn=_arn(name, outputs, "roleArn", "role") or "",
        user_arn=_arn(name, outputs, "userArn", "user"),
        session_name=_text(outputs, "sessionName") or name,
        max_session_duration=_seconds(outputs.get("maxSessionDuration")),
        external_id=_external_id(_text(outputs, "profile") or ""),
        access_key_id=_text(outputs, "accessKeyId"),
        secret_access_key=None if secret == _HIDDEN else secret,
        key_ids=_texts(outputs, "keyIds") or {},
        key_statuses=_texts(outputs, "keyStatuses") or {},
        user_policy=_document(name, "userPolicy", outputs.get("userPolicy")),
        trust_policy=_document(name, "trustPolicy", outputs.get("trustPolicy")),
        permissions_policies=_documents(name, outputs.get("permissionsPolicies")),
        permissions_boundary=_text(outputs, "permissionsBoundary"),
    )


def _seconds(value: object) -> int:
    """A duration; 0 when it is none. Numbers come as floating point from some programs."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return int(value) if 0 < value <= LONGEST else 0


def _arn(name: str, outputs: Mapping[str, object], key: str, kind: str) -> str | None:
    arn = _text(outputs, key)
    if arn and not re.fullmatch(rf"arn:aws[a-z-]*:iam::\d{{12}}:{kind}/[!-~]+", arn):
        fix = _SHOW if arn == _HIDDEN else "hand over the outputs as Pulumi prints them"
        raise Stopped(f"pipeline {one_line(name)!r}: {key} is {one_line(arn, 80)!r}, which is no {kind}'s ARN", fix)
    return arn


def _documents(name: str, value: object) -> dict[str, str] | None:
    """Policies by name; None when the outputs do not say all of them."""
    if not isinstance(value, dict):
        return None
    policies = cast("dict[str, object]", value)
    found = {key: _document(name, f"permissionsPolicies, {key}", one) for key, one in policies.items()}
    said = {key: one for key, one in found.items() if one is not None}
    return said if len(said) == len(found) else None


def _document(name: str, where: str, value: object) -> str | None:
    """A policy as JSON; None when the outputs do not say it."""
    if not isinstance(value, str) or value in ("", _HIDDEN):
        return None
    try:
        is_policy = isinstance(json.loads(value), dict)
    except ValueError:
        is_policy = False
    if not is_policy:
        fix = "hand over the outputs as Pulumi prints them"
        raise Stopped(f"pipeline {one_line(name)!r}: {one_line(where)} is no policy as JSON", fix)
    return value


def _texts(outputs: Mapping[str, object], key: str) -> dict[str, str] | None:
    value = outputs.get(key)
    if not isinstance(value, dict):
        return None
    return {name: one for name, one in cast("dict[str, object]", value).items() if isinstance(one, str)}


def _text(outputs: Mapping[str, object], key: str) -> str | None:
    value = outputs.get(key)
    return value if isinstance(value, str) and value else None


def _external_id(profile: str) -> str | None:
    """The component writes the external id into the profile, and nowhere else."""
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(profile)
    except configparser.Error:
        return None
    return next((parser[section].get("external_id") for section in parser.sections()), None)
