"""A token: a JSON Web Token (RFC 7519) of an OpenID Connect provider, and what it says.

Whoever has it can open sessions until it ends, so it is never shown. Its issuer, audience and subject are: a trust
policy names them, and they are no secret.

Its signature is not checked here: that is for AWS to do. Source for how AWS reads tokens: "OIDC federation" in the IAM
user guide, which also gives the five minutes for clocks that differ.
"""

from __future__ import annotations

import base64
import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from pipeline_identity_cli.outcome import Stopped, one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

_FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
"""RFC 7515: three parts in base64url without padding, so whatever else is in it came along."""
_LONGEST = 20_000
"""Characters, by `AssumeRoleWithWebIdentity` in the STS API reference."""
_SKEW = 300
"""By how many seconds AWS lets clocks differ."""


@dataclass(frozen=True)
class Token:
    """A token that has been read.

    Attributes:
        text: The token itself, which is as good as a key while it lasts.
        issuer: Who made it, such as `https://token.actions.githubusercontent.com`.
        audiences: For whom it was made: `aud` and, where it is there, `azp`, which AWS prefers.
        subject: Whose job has it, such as `repo:acme/app:ref:refs/heads/main`.
        begins: From when on it counts, in seconds since 1970; None when it does not say.
        ends: When it ends, in the same way.
        said: All that it says, by claim. Names and addresses of people may be in it, so it is not shown as a whole.
    """

    text: str = field(repr=False)
    issuer: str
    audiences: tuple[str, ...]
    subject: str
    begins: float | None
    ends: float | None
    said: Mapping[str, Any] = field(repr=False, default_factory=dict[str, Any])

    @property
    def host(self) -> str:
        """The issuer without its scheme, as it stands in ARNs and condition keys."""
        return self.issuer.removeprefix("https://")

    def check(self) -> None:
        """Refuse a token that is over, or has not begun, by this machine's clock.

        Raises:
            Stopped: AWS would not take it.
        """
        now = time.time()
        if self.ends is not None and self.ends + _SKEW < now:
            problem = f"the token expired {_told(now - self.ends)} ago"
            raise Stopped(problem, "ask for a new one in the same job, or look at this machine's clock")
        if self.begins is not None and self.begins - _SKEW > now:
            raise Stopped(f"the token begins in {_told(self.begins - now)}", "look at this machine's clock")

    def claims(self) -> str:
        """What a trust policy looks at, for people."""
        said = {"issuer": self.issuer, "audience": " and ".join(self.audiences), "subject": self.subject}
        return ", ".join(f"{name} {one_line(value, 200)}" for name, value in said.items())


def read(text: str) -> Token:
    """Read a token.

    Args:
        text: The token, as a CI system hands it out; white space around it does not count.

    Raises:
        Stopped: It is none. It is not shown.
    """
    token = text.strip()
    if (mistake := _mistake(token)) is not None:
        raise Stopped(f"the token {mistake}", "hand over the token alone", kind="invalid-token")
    parts = token.split(".")
    said = _decoded(parts[1]) if _FORM.fullmatch(token) and len(token) <= _LONGEST else None
    if said is None or not isinstance(said.get("iss"), str):
        fix = "hand over the OpenID Connect token of your CI system, a text of three parts with a dot between them"
        raise Stopped("the value is not a JSON Web Token", fix, kind="invalid-token")
    audiences = said.get("aud")
    listed = cast("list[object]", audiences if isinstance(audiences, list) else [audiences])
    return Token(
        text=token,
        issuer=str(said["iss"]),
        audiences=tuple(one for one in (said.get("azp"), *listed) if isinstance(one, str)),
        subject=str(said.get("sub", "")),
        begins=_seconds(said.get("nbf")),
        ends=_seconds(said.get("exp")),
        said=said,
    )


def _mistake(token: str) -> str | None:
    """What stands around a token that was copied with more than it is; None where nothing does."""
    if token and (token[0] in "\"'`" or token[-1] in "\"'`"):
        return "stands in quotes"
    if token.startswith(("{", "[")):
        return "stands in the JSON that the CI system answered with"
    if token[:7].lower() in ("bearer ", "bearer:"):
        return "has the word Bearer before it"
    if any(one.isspace() for one in token):
        return "has white space in it"
    return "was not filled in" if token.startswith(("$", "%", "<")) else None


def _decoded(part: str) -> Mapping[str, Any] | None:
    try:
        said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
    return cast("Mapping[str, Any]", said) if isinstance(said, dict) else None


def _seconds(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _told(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}" if minutes < 120 else f"{minutes // 60} hours"
