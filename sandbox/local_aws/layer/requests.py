"""What is learned of a request while ministack answers it: where it comes from, who signed it, and what it asks for.

Source: "Policy evaluation logic" in the IAM user guide, which lists what a request context holds.
"""

from __future__ import annotations

import datetime
import re
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from sandbox.local_aws.layer import emulator, recording
from sandbox.local_aws.layer.origins import Origin

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws.layer.emulator import Credential, Params


@dataclass
class Learned:
    """What is known of the present request so far.

    Attributes:
        origin: Where it comes from.
        parameters: What it was asked with, of services that are asked by a query, such as IAM and STS.
        credential: Who signed it, once the signature has been found good.
        action: The IAM action it asks for, such as ``iam:CreateUser``.
        region: The region it was sent to.
        authenticated: When its second factor was found good, in seconds since 1970.
    """

    origin: Origin = field(default_factory=Origin)
    parameters: Params = field(default_factory=dict[str, "list[str]"])
    credential: Credential | None = None
    action: str = ""
    region: str = ""
    authenticated: float | None = None


@dataclass(frozen=True)
class LastUse:
    """When, where and for what a key was last used."""

    moment: datetime.datetime
    region: str
    service: str


_ROOT = re.compile(r"\d{12}")
_present: ContextVar[Learned | None] = ContextVar("present", default=None)
last_uses: dict[str, LastUse] = {}


def begin(origin: Origin) -> Learned:
    """Start to learn of a request that comes in now."""
    learned = Learned(origin)
    _present.set(learned)
    return learned


def present() -> Learned:
    """What is known of the request that is answered now; nothing, outside of any."""
    return _present.get() or Learned()


def install() -> None:
    """Listen in on ministack while it authenticates and authorizes."""
    emulator.replace("core.iam_evaluator", "authenticate", _listening_to_authenticate)
    emulator.replace("core.iam_evaluator", "enforce", _listening_to_enforce)
    emulator.replace("core.iam_actions", "extract_resource_arn", _listening_to_parameters)


def _listening_to_parameters(original: Callable[..., str]) -> Callable[..., str]:
    def extract_resource_arn(service: str, *arguments: Any) -> str:
        # ministack looks for the resource before it authorizes, with the parameters of query and body in one.
        present().parameters = cast("Params", arguments[4])
        return original(service, *arguments)

    return extract_resource_arn


def _listening_to_authenticate(original: Callable[[str, str], object]) -> Callable[[str, str], object]:
    def authenticate(access_key_id: str, account_id: str) -> object:
        outcome = original(access_key_id, account_id)
        learned = _present.get()
        if learned is not None and isinstance(outcome, emulator.credential_type):
            learned.credential = cast("Credential", outcome)
            now = datetime.datetime.now(datetime.timezone.utc)
            service = learned.action.partition(":")[0] or "N/A"
            last_uses[access_key_id] = LastUse(now, learned.region or emulator.region_of_request(), service)
        return outcome

    return authenticate


def _listening_to_enforce(original: Callable[..., object]) -> Callable[..., object]:
    def enforce(access_key_id: str, iam_action: str, service: str, region: str, **further: Any) -> object:
        learned = _present.get()
        # Some requests are judged several times, for actions they need besides; the first is the call itself.
        if learned is not None and not learned.action:
            learned.action, learned.region = iam_action, region
            if _ROOT.fullmatch(access_key_id or ""):
                # The root of an account has any secret, so ministack does not authenticate it.
                learned.credential = cast("Credential", emulator.resolve_credential(access_key_id, access_key_id))
        outcome = original(access_key_id, iam_action, service, region, **further)
        resource = str(further.get("resource_arn", "*"))
        recording.keep(access_key_id or "", iam_action, resource, allowed=outcome is None)
        return outcome

    return enforce
