"""Every form of trust, deployed by the real engine, tried by real callers against the local AWS."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from sandbox.folders import CHECKOUT
from tests.components.trust_callers import OURS, THEIRS, Caller, attempts, lets_in
from tests.components.trust_forms import FORMS

if TYPE_CHECKING:
    from tests.support.sandboxes import Sandbox

PROGRAM = Path(__file__).parent / "programs" / "components"
TABLE = CHECKOUT / "docs" / "components-trust-forms.md"
PATH = "/pipelines/"
ANYTHING_WITH_STS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"}],
}

# What the local AWS does not tell its judge about a call: these callers are judged by the document alone.
_UNTOLD = ("region", "source_ip", "vpc_endpoint", "mfa_age", "organization", "source_identity", "saml_provider")
_FORMS_UNTOLD = {
    form
    for form, trust in FORMS.items()
    if {"organizations", "saml"} & trust.keys()
    or {"source_ips", "vpc_endpoints", "require_mfa", "source_identities", "further"}
    & trust.get("conditions", {}).keys()
} - {"mfa-is-not-asked-of-tokens"}
# There, `aws:PrincipalArn` of a role's session is the session's ARN; in AWS it is the role's.
_FORMS_UNTOLD.add("account-of-ours-by-account")


class People:
    """The users and roles of two accounts that try to come in, made when they are first needed."""

    def __init__(self, sandbox: Sandbox, theirs: str) -> None:
        self.sandbox = sandbox
        self.accounts = {OURS: sandbox.account, THEIRS: theirs}
        self._clients: dict[str, Any] = {}

    def translated(self, text: str) -> str:
        for example, real in self.accounts.items():
            text = text.replace(example, real)
        return text

    def untranslated(self, text: str) -> str:
        for example, real in self.accounts.items():
            text = text.replace(real, example)
        return text

    def sts(self, arn: str) -> Any:
        if arn not in self._clients:
            self._clients[arn] = self.sandbox.client("sts", self._credentials(self.translated(arn)))
        return self._clients[arn]

    def _credentials(self, arn: str) -> tuple[str, str] | tuple[str, str, str]:
        account, name = arn.split(":")[4], arn.rsplit("/", 1)[-1]
        path = arn.split(":")[5].removeprefix("user").removeprefix("role").removesuffix(name)
        root = (account, self.sandbox.variables["AWS_SECRET_ACCESS_KEY"])
        iam = self.sandbox.client("iam", root)
        policy = json.dumps(ANYTHING_WITH_STS)
        if ":user/" in arn:
            _unless_there(iam.create_user, UserName=name, Path=path)
            iam.put_user_policy(UserName=name, PolicyName="sts", PolicyDocument=policy)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            return key["AccessKeyId"], key["SecretAccessKey"]
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        _unless_there(iam.create_role, RoleName=name, Path=path, AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName=name, PolicyName="sts", PolicyDocument=policy)
        session = self.sandbox.client("sts", root).assume_role(RoleArn=arn, RoleSessionName="try")["Credentials"]
        return session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]

    def gets_in(self, role: str, caller: Caller) -> bool:
        """Whether STS gives the caller a session of the role."""
        request: dict[str, Any] = {"RoleArn": role, "RoleSessionName": caller.session_name}
        try:
            if caller.issuer:
                token = _token(iss=caller.issuer, aud=caller.audience, sub=caller.subject)
                client = self.sandbox.client("sts")
                client.assume_role_with_web_identity(**request, WebIdentityToken=token)
            else:
                request |= {"ExternalId": caller.external_id} if caller.external_id else {}
                request |= (
                    {"Tags": [{"Key": key, "Value": value} for key, value in caller.tags.items()]}
                    if caller.tags
                    else {}
                )
                self.sts(caller.arn).assume_role(**request)
        except ClientError as error:
            # The second is what AWS says of a token whose issuer or audience the account does not know.
            assert _code(error) in ("AccessDenied", "InvalidIdentityToken"), error  # noqa: PT017
            return False
        return True


def _code(error: ClientError) -> str:
    response: Any = error.response
    return response["Error"]["Code"]


def _unless_there(create: Any, **arguments: Any) -> None:
    try:
        create(**arguments)
    except ClientError as error:
        assert _code(error) == "EntityAlreadyExists", error  # noqa: PT017


def _token(**claims: str) -> str:
    def part(content: dict[str, str]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}."


@pytest.fixture
def people(sandbox: Sandbox) -> People:
    return People(sandbox, f"{int(sandbox.account) ^ 1:012}")


def _is_told(form: str, caller: Caller) -> bool:
    return form not in _FORMS_UNTOLD and not any(getattr(caller, name) for name in _UNTOLD)


def _role_args(people: People, form: str) -> dict[str, Any]:
    return {
        "account_id": people.sandbox.account,
        "role_name": form,
        "path": PATH,
        "permissions": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::example-site/*"]}],
        "trust": json.loads(people.translated(json.dumps(FORMS[form]))),
    }


def _provider_args(people: People) -> dict[str, Any]:
    """The identity providers that the forms trust, each with every audience that some form asks for."""
    audiences: dict[str, set[str]] = {}
    for form in FORMS:
        for caller, is_let_in in attempts(form):
            if caller.issuer and is_let_in:
                audiences.setdefault(caller.issuer, set()).add(caller.audience)
    return {
        f"provider-{number}": {"account_id": people.sandbox.account, "issuer": issuer, "audiences": sorted(names)}
        for number, (issuer, names) in enumerate(audiences.items())
    }


def test_each_form_lets_in_whom_it_should_and_nobody_else(sandbox: Sandbox, people: People) -> None:
    callers = [caller for form in FORMS for caller, _ in attempts(form) if caller.arn]
    for arn in dict.fromkeys(caller.arn for caller in callers):
        people.sts(arn)
    roles = {form: _role_args(people, form) for form in FORMS}
    settings = {"components:providers": _provider_args(people), "components:roles": roles}
    stack = sandbox.stack(PROGRAM, settings={"aws:region": sandbox.region, **settings})

    deployed = stack.up()
    assert deployed.succeeded, deployed.output
    assert stack.preview().changes == {}, "a preview right after shows no change"

    outputs = stack.outputs()
    lines: list[str] = []
    for form in FORMS:
        document = json.loads(people.untranslated(outputs[form]["trust_policy"]))
        for caller, expected in attempts(form):
            measured = people.gets_in(outputs[form]["role_arn"], caller) if _is_told(form, caller) else None
            assert lets_in(document, caller) is expected, f"{form}: {caller.says}"
            assert measured in (None, expected), f"{form}: {caller.says}"
            lines.append(_line(form, caller, expected, measured))
    _assert_documented(lines)
    assert (refreshed := stack.refresh()).succeeded, refreshed.output
    assert refreshed.changes == {}, "and a refresh finds nothing else"
    assert (destroyed := stack.destroy()).succeeded, destroyed.output


def _line(form: str, caller: Caller, expected: bool, measured: bool | None) -> str:
    words = {True: "let in", False: "refused", None: "not told apart there"}
    return f"| `{form}` | {caller.says} | {words[expected]} | {words[measured]} |"


def _assert_documented(lines: list[str]) -> None:
    heading, _, _ = TABLE.read_text().partition("| form |")
    table = "\n".join(["| form | caller | by the document | by the local AWS |", "|---|---|---|---|", *lines])
    written = f"{heading}{table}\n"
    if os.environ.get("UPDATE_DOCS"):
        TABLE.write_text(written)
    assert TABLE.read_text() == written, "run this test with UPDATE_DOCS=1 and read what changed"
