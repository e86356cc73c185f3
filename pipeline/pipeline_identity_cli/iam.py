"""Reading IAM, and nothing else: a client that cannot change anything."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from pipeline_identity_cli import refusals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_identity_cli.aws import Reach

ABSENT = "NoSuchEntity"
SIMULATION = "SimulatePrincipalPolicy"


class MayNotChange(Exception):
    """A call that is not a reading one was about to leave."""


def only_reads(model: Any, **_: object) -> None:
    """A hook of botocore, before any call: refuses every operation of IAM that could change something.

    Raises:
        MayNotChange: The operation is neither `Get...` nor `List...`, nor IAM's simulator, which answers and does
            nothing (its access level is Read in the service authorization reference).
    """
    if not str(model.name).startswith(("Get", "List")) and model.name != SIMULATION:
        raise MayNotChange(str(model.name))


def client(reach: Reach, workers: int) -> tuple[Any, str]:
    """A client of IAM that only reads, for several threads, and the ARN of whom its credentials are.

    Raises:
        Stopped: There are no credentials, or AWS does not take them.
    """
    from botocore.config import Config

    try:
        session: Any = reach.session()
        arn = str(session.client("sts").get_caller_identity()["Arn"])
        config = Config(
            max_pool_connections=workers,
            connect_timeout=5,
            read_timeout=20,
            # Slows down by itself when AWS asks for it: IAM's limits are an account's, not a caller's.
            retries={"mode": "adaptive", "total_max_attempts": 8},
        )
        iam = session.client("iam", config=config)
    except Exception as error:
        raise refusals.stopped(error) from None
    iam.meta.events.register_first("before-call.iam", only_reads)
    return iam, arn


@dataclass(frozen=True)
class Policies:
    """The policies of a user or role, its groups' among them.

    Attributes:
        documents: Each document as it stands in IAM, by where it stands, such as `inline policy site`.
        managed: Where in `documents` the managed policies stand, by ARN.
    """

    documents: dict[str, object] = field(default_factory=dict[str, object])
    managed: dict[str, str] = field(default_factory=dict[str, str])


def of_user(iam: Any, name: str) -> Policies:
    """The policies of a user and of the groups it is in."""
    found = Policies()
    _inline(iam, found, "user", name, "")
    _attached(iam, found, "user", name, "")
    for group in _pages(iam, "list_groups_for_user", "Groups", UserName=name):
        _inline(iam, found, "group", group["GroupName"], f" of group {group['GroupName']}")
        _attached(iam, found, "group", group["GroupName"], f" of group {group['GroupName']}")
    return found


def of_role(iam: Any, name: str) -> Policies:
    """The policies of a role."""
    found = Policies()
    _inline(iam, found, "role", name, "")
    _attached(iam, found, "role", name, "")
    return found


def parsed(document: object) -> object:
    """A document as data; boto3 has parsed it already, unless it was not encoded as AWS encodes it."""
    return cast("object", json.loads(unquote(document))) if isinstance(document, str) else document


def managed(iam: Any, arn: str) -> object:
    """The document of a managed policy, in the version that is in force."""
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return parsed(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def keys(iam: Any, user: str) -> dict[str, str]:
    """The status of every access key of a user, by id."""
    return {
        key["AccessKeyId"]: key["Status"] for key in _pages(iam, "list_access_keys", "AccessKeyMetadata", UserName=user)
    }


def other_credentials(iam: Any, user: str) -> list[str]:
    """What else a user could sign in with."""
    found = ["a console password"] if _is_there(lambda: iam.get_login_profile(UserName=user)) else []
    found += [
        f"SSH key {one['SSHPublicKeyId']}"
        for one in _pages(iam, "list_ssh_public_keys", "SSHPublicKeys", UserName=user)
    ]
    found += [
        f"signing certificate {one['CertificateId']}"
        for one in _pages(iam, "list_signing_certificates", "Certificates", UserName=user)
    ]
    special = iam.list_service_specific_credentials(UserName=user)["ServiceSpecificCredentials"]
    return found + [f"credentials for {one['ServiceName']}" for one in special]


def _inline(iam: Any, found: Policies, kind: str, name: str, where: str) -> None:
    owner = {f"{kind.title()}Name": name}
    for policy in _pages(iam, f"list_{kind}_policies", "PolicyNames", **owner):
        document = getattr(iam, f"get_{kind}_policy")(PolicyName=policy, **owner)["PolicyDocument"]
        found.documents[f"inline policy {policy}{where}"] = parsed(document)


def _attached(iam: Any, found: Policies, kind: str, name: str, where: str) -> None:
    for policy in _pages(iam, f"list_attached_{kind}_policies", "AttachedPolicies", **{f"{kind.title()}Name": name}):
        arn = policy["PolicyArn"]
        found.managed[arn] = f"managed policy {arn}{where}"
        found.documents[found.managed[arn]] = managed(iam, arn)


def _pages(iam: Any, operation: str, key: str, **arguments: object) -> Iterator[Any]:
    for page in iam.get_paginator(operation).paginate(**arguments):
        yield from page[key]


def _is_there(look: Callable[[], object]) -> bool:
    from botocore.exceptions import ClientError

    try:
        look()
    except ClientError as error:
        if refusals.code_of(error) == ABSENT:
            return False
        raise
    return True
