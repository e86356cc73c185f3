"""The kinds of credentials of a user that cannot be made here: asked for, the answer is that there are none.

Whoever deletes a user with all its credentials asks for every kind of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.local_aws.layer import entities
from sandbox.local_aws.layer.calls import answer, value

if TYPE_CHECKING:
    from sandbox.local_aws.layer.emulator import Answer, Handler, Params


def none_of(action: str, inner: str) -> Handler:
    """A call that lists nothing, for a user who is there."""

    def listed(params: Params) -> Answer:
        if value(params, "UserName"):
            entities.user(value(params, "UserName"))
        return answer(action, inner)

    return listed


_COMPLETE = "<IsTruncated>false</IsTruncated>"

CALLS = {
    "ListSSHPublicKeys": none_of("ListSSHPublicKeys", f"<SSHPublicKeys></SSHPublicKeys>{_COMPLETE}"),
    "ListSigningCertificates": none_of("ListSigningCertificates", f"<Certificates></Certificates>{_COMPLETE}"),
    "ListServiceSpecificCredentials": none_of(
        "ListServiceSpecificCredentials", "<ServiceSpecificCredentials></ServiceSpecificCredentials>"
    ),
}
