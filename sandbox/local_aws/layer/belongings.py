"""Whose thing it is: calls that name a user, role or group, and a thing that must be theirs.

IAM looks up the entity first, then the thing among what the entity has. So the key of another user is not found. A call
that may leave the user out is then about the user who signs it. Kinds of credentials that cannot be made here are never
found, and lists of them are empty.

ministack looks up keys by their id alone, does not look for the user in some calls, and calls a user who is left out
``default``. Source: the calls of these names in the IAM API reference, ``UserName`` and ``NoSuchEntity``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import calls, emulator, entities, requests
from sandbox.local_aws.layer.calls import Refused, answer, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Answer, Handler, Params

_OF_THE_CALLER = frozenset(
    {
        "CreateAccessKey",
        "DeleteAccessKey",
        "ListAccessKeys",
        "UpdateAccessKey",
        "GetUser",
        "CreateLoginProfile",
        "DeleteLoginProfile",
        "GetLoginProfile",
        "ListMFADevices",
        "ListServiceSpecificCredentials",
        "ListSigningCertificates",
        "ListSSHPublicKeys",
        "DeleteServiceSpecificCredential",
        "DeleteSigningCertificate",
        "ResetServiceSpecificCredential",
        "UpdateServiceSpecificCredential",
        "UpdateSigningCertificate",
    }
)
"""Calls that may leave ``UserName`` out."""


def there(params: Params) -> None:
    """Refuse a call about a user, role or group that is not there; fill in the user who calls where it names none."""
    action = value(params, "Action")
    caller = requests.present().credential
    if action in _OF_THE_CALLER and not value(params, "UserName") and caller and caller.principal_type == "User":
        params["UserName"] = [caller.principal_name]
    for parameter, find in (("GroupName", entities.group), ("RoleName", entities.role), ("UserName", entities.user)):
        if value(params, parameter) and action != f"Create{parameter.removesuffix('Name')}":
            find(value(params, parameter))


def key_of_the_user(params: Params) -> None:
    """An access key is looked for among those of the user; the root has none here."""
    key_id = value(params, "AccessKeyId")
    key = emulator.access_keys.get(key_id)
    if key is None or key["UserName"] != value(params, "UserName"):
        raise _missing(f"The Access Key with id {key_id} cannot be found.")


def _missing(message: str) -> Refused:
    return Refused(404, "NoSuchEntity", message)


def _none_there(kind: str, parameter: str) -> Handler:
    """A call about a thing of a kind that cannot be made here."""

    def missing(params: Params) -> Answer:
        raise _missing(f"The {kind} with id {value(params, parameter)} cannot be found.")

    return missing


def _none_of(action: str, inner: str) -> Handler:
    """A call that lists things of a kind that cannot be made here."""
    return lambda _: answer(action, inner)


_COMPLETE = "<IsTruncated>false</IsTruncated>"
_SIGNING = _none_there("Certificate", "CertificateId")
_SSH = _none_there("SSH Public Key", "SSHPublicKeyId")
_SPECIFIC = _none_there("Service Specific Credential", "ServiceSpecificCredentialId")

CALLS: dict[str, Handler] = {
    "ListSSHPublicKeys": _none_of("ListSSHPublicKeys", f"<SSHPublicKeys></SSHPublicKeys>{_COMPLETE}"),
    "ListSigningCertificates": _none_of("ListSigningCertificates", f"<Certificates></Certificates>{_COMPLETE}"),
    "ListServiceSpecificCredentials": _none_of(
        "ListServiceSpecificCredentials", "<ServiceSpecificCredentials></ServiceSpecificCredentials>"
    ),
    "DeleteSigningCertificate": _SIGNING,
    "UpdateSigningCertificate": _SIGNING,
    "DeleteSSHPublicKey": _SSH,
    "GetSSHPublicKey": _SSH,
    "UpdateSSHPublicKey": _SSH,
    "DeleteServiceSpecificCredential": _SPECIFIC,
    "ResetServiceSpecificCredential": _SPECIFIC,
    "UpdateServiceSpecificCredential": _SPECIFIC,
}


def install() -> None:
    """Every call of IAM looks for the entities it names; those about a key also for the key."""
    calls.check_before(dict.fromkeys(("DeleteAccessKey", "UpdateAccessKey"), (key_of_the_user,)))
    calls.check_before(dict.fromkeys(emulator.handlers, (there,)))
