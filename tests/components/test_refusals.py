"""What the components refuse: every argument by name, with its value and the fix, before anything is registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pipeline_identity import ArgumentError, PipelineIdentity, PipelineOidcProvider, PipelineRole, PipelineUser

from tests.components.cases import identity_args, role_args, user_args
from tests.components.recording import Recording, declare, record

if TYPE_CHECKING:
    from collections.abc import Callable

LEAVE_OUT = object()


def statement(**changes: Any) -> list[dict[str, Any]]:
    return [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::example-site/*"], **changes}]


def reading(action: str) -> list[dict[str, Any]]:
    return statement(actions=[action], read_only_wildcards="The plan must see every bucket")


# argument, what is given, what the message says: the place, the value, the fix
IDENTITY: list[tuple[str, Any, str]] = [
    ("account_id", "1111222233", "account_id: '1111222233' is not an AWS account id; use its 12 digits"),
    ("account_id", "1111-2222-3333", "without blanks or dashes"),
    ("account_id", 111122223333, "account_id: 111122223333 is a number, which loses leading zeros; put it in quotes"),
    ("account_id", "١١١١٢٢٢٢٣٣٣٣", "is not an AWS account id"),
    ("user_name", "", "user_name: '' is empty"),
    ("user_name", "a b", "user_name: 'a b' is not a name that IAM accepts; use 1 to 64 letters"),
    ("user_name", "x" * 65, "use 1 to 64 letters"),
    ("user_name", "site\n", "is not a name that IAM accepts"),
    ("user_name", 5, "user_name: 5 is not text; put it in quotes"),
    ("role_name", "rôle", "role_name: 'rôle' is not a name that IAM accepts"),
    ("path", "pipelines/", "path: 'pipelines/' is not a path that IAM accepts; begin and end it with one slash"),
    ("path", "/pipelines", "begin and end it with one slash"),
    ("path", "/a//b/", "begin and end it with one slash"),
    ("path", "/pipe lines/", "without blanks"),
    ("path", "/pipelines/*/", "without blanks, * or ?"),
    ("path", f"/{'x' * 511}/", "has 513 characters; use at most 512"),
    ("partition", "aws-mars", "partition: 'aws-mars' is not an AWS partition; use one of aws, aws-cn"),
    ("max_session_duration", 3_599, "max_session_duration: 3599 is not a session duration that AWS accepts; use 3600"),
    ("max_session_duration", 43_201, "use 3600 to 43200 seconds"),
    ("max_session_duration", "3600", "max_session_duration: '3600' is not a whole number; write a whole number"),
    ("max_session_duration", 3_600.5, "is not a whole number"),
    ("max_session_duration", float("nan"), "is not a whole number"),
    ("max_session_duration", float("inf"), "is not a whole number"),
    ("max_session_duration", True, "is not a whole number"),
    ("permissions_boundary", "boundary", "permissions_boundary: 'boundary' is not the ARN of one policy"),
    ("permissions_boundary", "arn:aws:iam::111122223333:role/x", "is not the ARN of one policy"),
    ("permissions_boundary", "arn:aws:iam::444455556666:policy/x", "is a policy of another account; use a policy of"),
    ("permissions_boundary", "arn:aws-cn:iam::111122223333:policy/x", "use a policy of the account 111122223333"),
    ("tags", ["team"], "tags: ['team'] is not a mapping; write names and values"),
    ("tags", {"aws:team": "web"}, "has a tag key 'aws:team' that AWS keeps for itself; use a key that does not start"),
    ("tags", {"": "web"}, "has a tag key '' that IAM does not accept"),
    ("tags", {"x" * 129: "web"}, "use 1 to 128 letters"),
    ("tags", {"team": "x" * 257}, "has a value for 'team' that IAM does not accept; use up to 256"),
    ("tags", {"team": "<web>"}, "has a value for 'team' that IAM does not accept"),
    ("tags", {"team": 5}, "has a value for 'team' that is not text; put it in quotes"),
    ("tags", {"Team": "a", "team": "b"}, "has two keys that differ only in case"),
    ("tags", {f"key-{n}": "" for n in range(51)}, "has 51 tags; use at most 50"),
    ("permissions", LEAVE_OUT, "permissions: is missing or empty; write at least one statement"),
    ("permissions", [], "permissions: is missing or empty"),
    ("permissions", "s3:GetObject", "permissions: 's3:GetObject' is not a list; write a list, even for one item"),
    ("permissions", ["s3:GetObject"], "permissions[0]: 's3:GetObject' is not a mapping of arguments"),
    ("permissions", statement(actions=[]), "permissions[0].actions: is missing or empty; list at least one action"),
    ("permissions", statement(actions="s3:GetObject"), "permissions[0].actions: 's3:GetObject' is not a list"),
    ("permissions", statement(actions=["s3:*"]), "permissions[0].actions[0]: 's3:*' allows by a wildcard"),
    ("permissions", statement(actions=["*"]), "permissions[0].actions[0]: '*' allows by a wildcard"),
    ("permissions", statement(actions=["s3:Get*"]), "or say under read_only_wildcards why that is right"),
    ("permissions", reading("s3:Put*"), "'s3:Put*' allows by a wildcard"),
    ("permissions", reading("s3:*"), "'s3:*' allows by a wildcard"),
    ("permissions", reading("s3:G*"), "'s3:G*' allows by a wildcard"),
    ("permissions", reading("s3:Get*Acl"), "'s3:Get*Acl' allows by a wildcard"),
    ("permissions", reading("*:Get*"), "'*:Get*' is not an IAM action"),
    ("permissions", reading("secretsmanager:Get*"), "reads what gives access, such as secrets and credentials"),
    ("permissions", reading("SSM:get*"), "reads what gives access"),
    ("permissions", statement(read_only_wildcards="yes"), "'yes' is not a reason that somebody could review"),
    ("permissions", statement(actions=["s3:GetObjec?"]), "list each action by its full name"),
    ("permissions", statement(actions=["s3:Get\u2217"]), "is not an IAM action"),
    ("permissions", statement(actions=["GetObject"]), "is not an IAM action; write the service and the action"),
    ("permissions", statement(actions=[5]), "permissions[0].actions[0]: 5 is not text"),
    ("permissions", statement(resources=[]), "permissions[0].resources: is missing or empty; list at least one ARN"),
    ("permissions", statement(resources=["example-site"]), "permissions[0].resources[0]: 'example-site' is not an ARN"),
    ("permissions", statement(resources=["arn:aws:*:::x"]), "is not an ARN"),
    ("permissions", statement(resources=["arn:aws:s3:::日本"]), "is not an ARN"),
    ("permissions", statement(resources=["arn:aws-mars:s3:::x"]), "has a partition that does not exist"),
    (
        "permissions",
        statement(resources=["arn:aws-cn:s3:::x"]),
        "lies outside the partition aws; begin it with arn:aws:",
    ),
    (
        "permissions",
        statement(effect="allow"),
        "permissions[0].effect: 'allow' is not one of the choices; use Allow, Deny",
    ),
    ("permissions", statement(sid="List files"), "permissions[0].sid: 'List files' is not a statement id"),
    (
        "permissions",
        statement(sid="A") * 2,
        "permissions: 'A' is the id of two statements of one policy; give each its own",
    ),
    ("permissions", statement(principals=["*"]), "permissions[0].principals: ['*'] is not an argument here"),
    ("permissions", statement(conditions=["x"]), "permissions[0].conditions: ['x'] is not a mapping"),
    ("permissions", statement(conditions={"StringEqual": {"aws:x": "y"}}), "use StringEquals"),
    ("permissions", statement(conditions={"StringEquals": {"x": "y"}}), "has the condition key 'x', which has no"),
    ("permissions", statement(conditions={"StringEquals": {"aws:x": []}}), "has no value for 'aws:x'"),
    ("permissions", statement(conditions={"Bool": {"aws:x": True}}), "has a value for 'aws:x' that is not text"),
    (
        "permissions",
        statement(resources=[f"arn:aws:s3:::{'x' * 10_200}"]),
        "and AWS takes 10240 inline; shorten them, or set",
    ),
    ("permissions", statement(conditions={"StringEquals": {"aws:x": "日本"}}), "'aws:x' that AWS takes in no policy"),
    (
        "permissions",
        statement(conditions={"StringEquals": {"aws:x": "\ud800"}}),
        "that AWS takes in no policy; use Latin",
    ),
    ("path", "/${aws:username}/", "path: '/${aws:username}/' holds ${, which IAM takes for a policy variable"),
    ("permissions_boundary", "arn:aws:iam::111122223333:policy/${aws:username}/x", "holds ${, which IAM takes"),
    ("trust", {1: 2}, "trust: {1: 2} has a name that is not text; write the arguments by name"),
    ("keys", {"rotation": 10**400}, "is larger than any number that is meant here; use at most"),
    ("keys", {"rotation": 1e300}, "is larger than any number that is meant here; use at most"),
    ("roll_name", "x", "roll_name: 'x' is not an argument here; did you mean role_name?"),
    ("userName", "site", "user_name: 'site-pipeline' is written twice, also as userName; keep one of the two"),
]

ROLE: list[tuple[str, Any, str]] = [
    ("trust", LEAVE_OUT, "trust: names nobody; name at least one user"),
    ("trust", {"users": []}, "trust: names nobody"),
    ("trust", {"users": "x"}, "trust.users: 'x' is not a list"),
    ("trust", {"users": ["*"]}, "trust.users[0]: '*' is not the ARN of one user; write it in full"),
    ("trust", {"users": ["arn:aws:iam::111122223333:root"]}, "is not the ARN of one user"),
    ("trust", {"users": ["arn:aws:iam::111122223333:user/*"]}, "without * or ?"),
    ("trust", {"users": ["arn:aws:iam::111122223333:role/x"]}, "is not the ARN of one user"),
    ("trust", {"users": ["arn:aws:iam::aws:user/x"]}, "is not the ARN of one user"),
    ("trust", {"users": ["arn:aws-cn:iam::111122223333:user/x"]}, "lies in another partition, which no role can trust"),
    (
        "trust",
        {"users": [f"arn:aws:iam::111122223333:user/{n:064}" for n in range(25)]},
        "makes a policy of 2569 characters, and AWS takes 2048",
    ),
    ("trust", {"user": ["x"]}, "trust.user: ['x'] is not an argument here; did you mean users?"),
]

USER: list[tuple[str, Any, str]] = [
    ("roles", LEAVE_OUT, "roles: is missing or empty; list the ARN of at least one role"),
    ("roles", [], "roles: is missing or empty"),
    ("roles", ["*"], "roles[0]: '*' is not the ARN of one role"),
    ("roles", ["arn:aws:iam::111122223333:role/*"], "without * or ?"),
    ("roles", ["arn:aws:iam::111122223333:user/x"], "is not the ARN of one role"),
    ("roles", [f"arn:aws:iam::111122223333:role/{n:064}" for n in range(25)], "name fewer roles: AWS takes 2048"),
]


def refuse(declare_component: Callable[[], pulumi.ComponentResource]) -> str:
    recording: Recording | None = None
    with pytest.raises(ArgumentError) as error:
        recording = declare(declare_component)
    assert recording is None
    return str(error.value)


def refuse_identity(**changes: Any) -> str:
    return refuse(lambda: PipelineIdentity("site", identity_args(**changes)))


def changed(args: Any, argument: str, value: Any) -> Any:
    if value is LEAVE_OUT:
        del args[argument]
    else:
        args[argument] = value
    return args


@pytest.mark.parametrize(("argument", "value", "message"), IDENTITY)
def test_an_identity_refuses(argument: str, value: Any, message: str) -> None:
    args = changed(identity_args(), argument, value)

    assert message in refuse(lambda: PipelineIdentity("site", args))


@pytest.mark.parametrize(("argument", "value", "message"), ROLE)
def test_a_role_refuses(argument: str, value: Any, message: str) -> None:
    args = changed(role_args(), argument, value)

    assert message in refuse(lambda: PipelineRole("site", args))


@pytest.mark.parametrize(("argument", "value", "message"), USER)
def test_a_user_refuses(argument: str, value: Any, message: str) -> None:
    args = changed(user_args(), argument, value)

    assert message in refuse(lambda: PipelineUser("site", args))


def test_what_is_refused_is_refused_before_anything_is_registered() -> None:
    registered: list[str] = []
    original = pulumi.ComponentResource.__init__

    def remember(self: pulumi.ComponentResource, token: str, *rest: Any, **named: Any) -> None:
        registered.append(token)
        original(self, token, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi.ComponentResource, "__init__", remember)
        for component, args in (
            (PipelineIdentity, identity_args()),
            (PipelineRole, role_args()),
            (PipelineUser, user_args()),
        ):
            refuse(lambda component=component, args=args: component("site", changed(args, "account_id", "x")))

    assert registered == []


def test_all_problems_are_told_at_once() -> None:
    message = refuse(lambda: PipelineIdentity("site", identity_args(account_id="1", role_name="a b", path="x")))

    assert message.startswith("PipelineIdentity site: 3 arguments cannot be used\n")
    assert "account_id: '1'" in message
    assert "role_name: 'a b'" in message
    assert "path: 'x'" in message


def test_a_wildcard_is_told_beside_whatever_else_is_wrong() -> None:
    statements = [*statement(actions=["S3", "s3:*"], resources=["x"]), *statement(actions=["iam:*"])]
    message = refuse(lambda: PipelineIdentity("site", identity_args(permissions=statements)))

    assert "permissions[0].actions[0]: 'S3' is not an IAM action" in message
    assert "permissions[0].actions[1]: 's3:*' allows by a wildcard" in message
    assert "permissions[0].resources[0]: 'x' is not an ARN" in message
    assert "permissions[1].actions[0]: 'iam:*' allows by a wildcard" in message


@pytest.mark.parametrize("effect", ["Deny", "deny"])
def test_a_wildcard_that_may_be_meant_to_deny_is_none_that_allows(effect: str) -> None:
    statements = statement(actions=["s3:*"], effect=effect, sid="not an id")
    message = refuse(lambda: PipelineIdentity("site", identity_args(permissions=statements)))

    assert "by a wildcard" not in message


def test_nothing_is_missing_in_what_is_no_mapping() -> None:
    message = refuse(lambda: PipelineIdentity("site", identity_args(permissions=["s3:GetObject"])))

    assert message.startswith("PipelineIdentity site: permissions[0]: 's3:GetObject' is not a mapping")
    assert "missing" not in message


def test_a_value_that_nobody_wrote_is_not_shown_inside_a_list_either() -> None:
    class Credential:
        def __repr__(self) -> str:
            return "hidden"

    with pytest.raises(ArgumentError) as error:
        PipelineIdentity("site", identity_args(role_name=[Credential()]))
    assert "role_name: (list) is not text" in str(error.value)


def test_arguments_that_are_not_a_mapping_are_refused() -> None:
    no_arguments: Any = "site"

    message = refuse(lambda: PipelineIdentity("site", no_arguments))

    assert message.startswith("PipelineIdentity site: arguments: 'site' is not a mapping of arguments")
    assert "missing" not in message


def test_arguments_in_two_forms_are_refused() -> None:
    component: Any = PipelineIdentity
    message = refuse(lambda: component("site", identity_args(), role_name="site"))

    assert "are written as a mapping and by name; write all of them in one way" in message


def test_an_error_ends_a_pulumi_program_without_a_stack_trace() -> None:
    assert issubclass(ArgumentError, pulumi.RunError)


def test_a_misspelt_argument_is_one_problem_and_not_also_a_missing_one() -> None:
    assert refuse_identity(permissions=[{"action": ["s3:GetObject"], "resources": ["*"]}]) == (
        "PipelineIdentity site: permissions[0].action: ['s3:GetObject'] is not an argument here; did you mean actions?"
    )
    both = refuse_identity(permissions=[{"action": ["s3:GetObject"]}])
    assert "permissions[0].resources: is missing" in both
    assert "permissions[0].actions" not in both


def test_no_name_of_ours_stands_for_an_output_that_is_not_known() -> None:
    unknown = pulumi.Output.from_input(pulumi.output.Unknown())
    conditions = {"StringLike": {"s3:prefix": [unknown, 5]}}

    assert "role_name: is an output that is not known" in refuse_identity(role_name=unknown)
    assert "{'s3:prefix': ['(output)', 5]}" in refuse_identity(permissions=statement(conditions=conditions))


@pytest.mark.parametrize("preview", [True, False])
def test_arguments_are_rejected_before_aws_is_asked_for_the_account(*, preview: bool) -> None:
    def message(**args: Any) -> str:
        with pytest.raises(ArgumentError) as error:
            declare(lambda: PipelineIdentity("site", args), preview=preview)  # pyright: ignore[reportArgumentType]
        return str(error.value)

    assert "acount_id: '1' is not an argument here; did you mean account_id?" in message(acount_id="1")
    assert "permissions: is missing" in message()
    assert "user_name: 'a b' is not a name" in message(user_name="a b", permissions=statement())


def test_what_needs_the_account_waits_until_aws_has_said_it() -> None:
    caller = {"accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/admin"}
    args: Any = {"issuer": "https://gitlab.com", "audiences": ["sts.amazonaws.com"], "adopt": True}

    recording = record(lambda: PipelineOidcProvider("gitlab", args), answers={"getCallerIdentity": caller})

    assert recording.resources[-1].request.importId == "arn:aws:iam::111122223333:oidc-provider/gitlab.com"
