"""What a scan finds, and what it could not read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline_identity_cli.key_material.patterns import Kind


@dataclass(frozen=True)
class Leak:
    """Key material in the clear.

    Attributes:
        file: The file it stands in; `archive!member` in an archive, `path@object` in the history of Git.
        line: The line, from 1.
        column: The column, from 1.
        kind: What it is.
        key_id: The id of the access key beside it; "" without one.
        fingerprint: 24 hexadecimal digits that tell the material from other material, and do not show it.
        encoded: Whether it stands there in base64, or with escapes in it.
        resource: The URN of the resource in a Pulumi state that it belongs to; "" elsewhere.
        commit: The commit that brought it into the history of Git; "" elsewhere.
    """

    file: str
    line: int
    column: int
    kind: Kind
    key_id: str
    fingerprint: str
    encoded: bool
    resource: str = ""
    commit: str = ""


class NotRead(Exception):
    """Why something is not read, in a few words."""


@dataclass
class Findings:
    """What has been found so far.

    Attributes:
        leaks: The key material.
        read: How many files were read to their ends.
        unread: What could not be read, as pairs of file and reason.
        notes: What was left out on purpose, for people.
        allowed_inline: How many places a comment in their line allows.
        in_baseline: How many places the baseline knows.
    """

    leaks: list[Leak] = field(default_factory=list["Leak"])
    read: int = 0
    unread: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    notes: list[str] = field(default_factory=list[str])
    allowed_inline: int = 0
    in_baseline: int = 0
