"""Two components that claim one name are refused by name; the engine and AWS would find out in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pipeline_identity import (
    ArgumentError,
    PipelineIdentity,
    PipelineOidcProvider,
    PipelineRole,
    PipelineTokenIssuer,
    PipelineTrail,
    PipelineUser,
    PipelineWatch,
)

from tests.components.cases import ACCOUNT, PUBLISH, USER_ARN, identity_args, role_args, user_args
from tests.components.recording import record

if TYPE_CHECKING:
    from collections.abc import Callable

PROVIDER: Any = {"account_id": ACCOUNT, "issuer": "https://gitlab.com", "audiences": ["sts.amazonaws.com"]}
TRAIL: Any = {"account_id": ACCOUNT, "trail_name": "all", "bucket_name": "all-trails"}
WATCH: Any = {"account_id": ACCOUNT, "watch_name": "site", "regions": ["eu-west-1"], "user_arn": USER_ARN}
STORE = {"secret": "parameter-store", "kms_key_arn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:alias/keys", "store_name": "key"}


def identity(name: str, **args: Any) -> None:
    PipelineIdentity(name, identity_args(**args))


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (
            lambda: identity("a"),
            lambda: identity("b", role_name="other"),
            "PipelineIdentity b: user_name: 'site-pipeline' names a user that is made by PipelineIdentity a, user_name",
        ),
        (
            lambda: identity("a"),
            lambda: identity("b", user_name="other", role_name="SITE-publisher"),
            "role_name: 'SITE-publisher' names a role that is made by PipelineIdentity a, role_name as well",
        ),
        (lambda: identity("a"), lambda: PipelineRole("b", role_args()), "made by PipelineIdentity a, role_name"),
        (lambda: PipelineUser("a", user_args()), lambda: identity("b"), "made by PipelineUser a, user_name as well"),
        (
            lambda: identity("a", user_policy_mode="group", keys=STORE),
            lambda: PipelineUser("b", user_args(user_name="other", keys=STORE)),
            "keys: 'key' names a key in parameter-store that is made by PipelineIdentity a, keys",
        ),
        (
            lambda: PipelineOidcProvider("a", PROVIDER),
            lambda: PipelineOidcProvider("b", PROVIDER),
            "issuer: 'https://gitlab.com' names an identity provider that is made by PipelineOidcProvider a",
        ),
        (
            lambda: PipelineTokenIssuer("a", account_id=ACCOUNT),
            lambda: PipelineTokenIssuer("b", account_id=ACCOUNT),
            f"account_id: '{ACCOUNT}' names an issuer of tokens that is made by PipelineTokenIssuer a",
        ),
        (
            lambda: PipelineTrail("a", TRAIL),
            lambda: PipelineTrail("b", {**TRAIL, "trail_name": "other"}),  # pyright: ignore[reportArgumentType]
            "bucket_name",
        ),
        (lambda: PipelineWatch("a", WATCH), lambda: PipelineWatch("b", WATCH), "watch_name"),
    ],
)
def test_a_name_that_another_component_has_is_refused(
    first: Callable[[], object], second: Callable[[], object], message: str
) -> None:
    def program() -> None:
        first()
        with pytest.raises(ArgumentError) as refused:
            second()
        assert message in str(refused.value)

    record(program)


@pytest.mark.parametrize(
    "second",
    [
        lambda: identity("b", user_name="other", role_name="other"),
        lambda: identity("b", account_id="444455556666"),
        lambda: identity("b", partition="aws-cn", permissions=[{**PUBLISH, "resources": ["arn:aws-cn:s3:::site/*"]}]),
        lambda: PipelineUser("b", user_args(user_name="site-publisher")),
        # A test of somebody's own declares a component again, under the same mocks.
        lambda: identity("a"),
    ],
)
def test_the_same_name_elsewhere_is_another_one(second: Callable[[], object]) -> None:
    def program() -> None:
        identity("a")
        second()

    record(program)


def test_what_is_refused_claims_nothing() -> None:
    def program() -> None:
        with pytest.raises(ArgumentError):
            identity("a", max_session_duration=1)
        identity("b")

    record(program)


def test_another_program_may_use_the_names_again() -> None:
    for name in ("a", "b"):
        record(lambda name=name: identity(name))
