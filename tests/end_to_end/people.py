"""Those who try to come in through a form of trust, for real: users, roles, tokens, assertions, second factors."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.components.trust_callers import ORGANIZATIONS, OURS, THEIRS
from tests.support.origins import comes_from, comes_through
from tests.support.saml import IdentityProvider
from tests.support.second_factors import Device
from tests.support.tokens import TokenIssuer

if TYPE_CHECKING:
    from tests.components.trust_callers import Caller
    from tests.support.sandboxes import Sandbox

Credentials = tuple[str, str] | tuple[str, str, str]
ANYTHING_WITH_STS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
            "Resource": "*",
        }
    ],
}


class People:
    """The users and roles of several accounts, and the identity providers of ours.

    The forms and their callers are written with example accounts and organizations: each stands for a real one of this
    sandbox.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self._real = {OURS: sandbox.account, THEIRS: _an_account_id()}
        for account, path in ORGANIZATIONS.items():
            self._join(account, path)
        self._identity_providers = {name: self._identity_provider(name) for name in ("acme-idp", "other")}
        self._issuers: dict[str, TokenIssuer] = {}
        self._credentials: dict[str, Credentials] = {}
        self._authenticated: dict[str, Credentials] = {}
        self._age = 0

    def translated(self, text: str) -> str:
        """A text with real accounts and organizations in the place of the examples."""
        for example, real in self._real.items():
            text = text.replace(example, real)
        return text

    def untranslated(self, text: str) -> str:
        for example, real in self._real.items():
            text = text.replace(real, example)
        return text

    def make(self, arn: str) -> None:
        """Make a user or role: a trust policy that names somebody needs them to be there."""
        self._credentials_of(self.translated(arn))

    def gets_in(self, role: str, caller: Caller) -> bool:
        """Whether STS gives the caller a session of the role."""
        try:
            if caller.issuer:
                self._with_token(role, caller)
            elif caller.saml_provider:
                self._with_assertion(role, caller)
            else:
                self._with_key(role, caller)
        except ClientError as error:
            # The second is what AWS says of a token whose issuer or audience the account does not know.
            assert _code(error) in ("AccessDenied", "InvalidIdentityToken"), error  # noqa: PT017
            return False
        return True

    def _with_key(self, role: str, caller: Caller) -> None:
        arn = self.translated(caller.arn)
        credentials = (
            self._credentials_of(arn) if caller.mfa_age is None else self._authenticated_of(arn, caller.mfa_age)
        )
        client = self.sandbox.client("sts", credentials, caller.region)
        client = comes_from(client, caller.source_ip) if caller.source_ip else client
        client = comes_through(client, caller.vpc_endpoint) if caller.vpc_endpoint else client
        request: dict[str, Any] = {"RoleArn": role, "RoleSessionName": caller.session_name}
        request |= {"ExternalId": caller.external_id} if caller.external_id else {}
        request |= {"SourceIdentity": caller.source_identity} if caller.source_identity else {}
        tags = [{"Key": key, "Value": value} for key, value in caller.tags.items()]
        client.assume_role(**request, **({"Tags": tags} if tags else {}))

    def _with_token(self, role: str, caller: Caller) -> None:
        claims: dict[str, Any] = {"aud": caller.audience, "sub": caller.subject, **caller.claims}
        if caller.source_identity:
            claims["https://aws.amazon.com/source_identity"] = caller.source_identity
        if caller.tags:
            tags = {key: [value] for key, value in caller.tags.items()}
            claims["https://aws.amazon.com/tags"] = {"principal_tags": tags}
        if caller.roles:
            claims["https://aws.amazon.com/roles"] = [role if caller.roles == "this" else f"{role}-2"]
        if (number := claims.pop("google/organization_number", None)) is not None:
            claims["google"] = {"organization_number": int(number)}
        client = self.sandbox.client("sts")
        client = comes_from(client, caller.source_ip) if caller.source_ip else client
        client.assume_role_with_web_identity(
            RoleArn=role, RoleSessionName=caller.session_name, WebIdentityToken=self._token(caller, claims)
        )

    def _token(self, caller: Caller, claims: dict[str, Any]) -> str:
        """A token that its issuer has signed, or somebody else if forged: the local AWS knows the issuer's keys."""
        if caller.issuer not in self._issuers:
            issuer = self._issuers[caller.issuer] = TokenIssuer(caller.issuer)
            self.sandbox.aws.know_issuer(self.sandbox.account, issuer.url, issuer.public_keys())
        return (TokenIssuer(caller.issuer) if caller.is_forged else self._issuers[caller.issuer]).token(claims)

    def _with_assertion(self, role: str, caller: Caller) -> None:
        provider = f"arn:aws:iam::{self.sandbox.account}:saml-provider/{caller.saml_provider}"
        response = self._identity_providers[caller.saml_provider].response(
            role,
            provider,
            subject=caller.subject,
            recipient=caller.audience,
            session_name=caller.session_name,
        )
        self.sandbox.client("sts").assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=response)

    def _credentials_of(self, arn: str) -> Credentials:
        if arn not in self._credentials:
            self._credentials[arn] = self._user(arn) if ":user/" in arn else self._session(arn)
        return self._credentials[arn]

    def _user(self, arn: str) -> Credentials:
        iam, name, path = self._iam_for(arn)
        _unless_there(iam.create_user, UserName=name, Path=path)
        iam.put_user_policy(UserName=name, PolicyName="sts", PolicyDocument=json.dumps(ANYTHING_WITH_STS))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"]

    def _session(self, arn: str) -> Credentials:
        iam, name, path = self._iam_for(arn)
        root = self._root(arn)
        trust = {"Effect": "Allow", "Principal": {"AWS": root[0]}, "Action": "sts:AssumeRole"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        _unless_there(iam.create_role, RoleName=name, Path=path, AssumeRolePolicyDocument=document)
        iam.put_role_policy(RoleName=name, PolicyName="sts", PolicyDocument=json.dumps(ANYTHING_WITH_STS))
        return _from(self.sandbox.client("sts", root).assume_role(RoleArn=arn, RoleSessionName="try"))

    def _authenticated_of(self, arn: str, age: int) -> Credentials:
        """A session of a user whose second factor is as old as that: never younger than one that was asked before."""
        if arn not in self._authenticated:
            device = Device(self._iam_for(arn)[0], arn.rsplit("/", 1)[-1])
            sts = self.sandbox.client("sts", self._credentials_of(arn))
            self._authenticated[arn] = _from(
                sts.get_session_token(SerialNumber=device.serial_number, TokenCode=device.code())
            )
        if age > self._age:
            self.sandbox.aws.forward(age - self._age)
            self._age = age
            # The roles' sessions may have ended meanwhile.
            self._credentials = {one: given for one, given in self._credentials.items() if ":user/" in one}
        return self._authenticated[arn]

    def _root(self, arn: str) -> tuple[str, str]:
        return arn.split(":")[4], self.sandbox.variables["AWS_SECRET_ACCESS_KEY"]

    def _iam_for(self, arn: str) -> tuple[Any, str, str]:
        kind, _, path_and_name = arn.split(":")[5].partition("/")
        path, _, name = f"/{path_and_name}".rpartition("/")
        assert kind in ("user", "role")
        return self.sandbox.client("iam", self._root(arn)), name, f"{path}/"

    def _join(self, account: str, path: str) -> None:
        """Make an account in an organization and its units, for the examples of these names."""
        organization, root, *units = path.strip("/").split("/")
        owner = self._real.setdefault(f"management-{organization}", _an_account_id())
        client = self.sandbox.client("organizations", self._root(f"arn:aws:iam::{owner}:root"))
        self._real[organization] = client.describe_organization()["Organization"]["Id"]
        place = self._real[root] = client.list_roots()["Roots"][0]["Id"]
        made = client.create_account(Email=f"{account}@example.com", AccountName=account)["CreateAccountStatus"]
        self._real[account] = made["AccountId"]
        for unit in units:
            if unit not in self._real:
                made = client.create_organizational_unit(ParentId=place, Name=unit)["OrganizationalUnit"]
                self._real[unit] = made["Id"]
            place = self._real[unit]
        if units:
            client.move_account(
                AccountId=self._real[account], SourceParentId=self._real[root], DestinationParentId=place
            )

    def _identity_provider(self, name: str) -> IdentityProvider:
        made = IdentityProvider(f"https://{name}.example.com")
        self.sandbox.client("iam").create_saml_provider(Name=name, SAMLMetadataDocument=made.metadata())
        return made


def _an_account_id() -> str:
    return f"{random.SystemRandom().randrange(10**11, 10**12)}"


def _from(answer: Any) -> Credentials:
    given = answer["Credentials"]
    return given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]


def _code(error: ClientError) -> str:
    response: Any = error.response
    return response["Error"]["Code"]


def _unless_there(create: Any, **arguments: Any) -> None:
    try:
        create(**arguments)
    except ClientError as error:
        assert _code(error) == "EntityAlreadyExists", error  # noqa: PT017
