"""The types that no table describes: keys, passwords, memberships, exclusive lists, targets and versions of secrets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import string
import uuid
from functools import reduce
from typing import TYPE_CHECKING, Any

from sandbox.provider import pgp
from sandbox.provider.errors import unless
from sandbox.provider.resource import Created, Found, Resource
from sandbox.provider.schema import Kind, Property
from sandbox.provider.values import Properties, Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Value

_CLEAR = ("secret", "sesSmtpPasswordV4")
_SMTP_VERSION = b"\x04"
_LETTERS = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#$%^&*()_+-=[]{}|'")
_REGION = Property(computed=True, replaces=True)
_DEFAULT_BUS = "default"
_CURRENT = "AWSCURRENT"


class AccessKey(Resource):
    """A key of a user. Only its status changes in place; its secret is told once, when it is made."""

    token = "aws:iam/accessKey:AccessKey"  # noqa: S105 - a type, no secret
    properties = {  # noqa: RUF012 - never changed
        "pgpKey": Property(replaces=True, kept=True),
        "status": Property(default="Active", only=("Active", "Inactive")),
        "user": Property(required=True, replaces=True),
    }
    outputs = ("createDate", "encryptedSecret", "encryptedSesSmtpPasswordV4", "keyFingerprint", *_CLEAR)

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the key; an inactive one is made active and switched off at once."""
        if new.text("pgpKey"):
            # Rejects what is no key, before there is a secret that nobody could be given.
            pgp.fingerprint(new.text("pgpKey"))
        key = aws.iam.create_access_key(UserName=new.text("user"))["AccessKey"]
        secret = _secrets(key["SecretAccessKey"], new.text("pgpKey"), aws.configuration.region)
        if new.text("status") == "Inactive":
            aws.iam.update_access_key(UserName=new.text("user"), AccessKeyId=key["AccessKeyId"], Status="Inactive")
        return Created(key["AccessKeyId"], secret)

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the key. An imported one is looked for by its id, as its user is not known."""
        user = state.text("user") or aws.iam.get_access_key_last_used(AccessKeyId=resource_id)["UserName"]
        for key in aws.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            if key.get("AccessKeyId") == resource_id:
                created = key.get("CreateDate")
                return {
                    "createDate": created.strftime("%Y-%m-%dT%H:%M:%SZ") if created else None,
                    **{name: Secret(state.text(name)) for name in _CLEAR if state.text(name)},
                    "status": key.get("Status"),
                    "user": user,
                }
        return None

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Switch the key on or off."""
        status = "Inactive" if new.text("status") == "Inactive" else "Active"
        aws.iam.update_access_key(UserName=new.text("user"), AccessKeyId=resource_id, Status=status)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the key."""
        aws.iam.delete_access_key(UserName=state.text("user"), AccessKeyId=resource_id)


def _secrets(secret: str, pgp_key: str, region: str) -> Mapping[str, Value]:
    """The secret, and the password for SES that is made from it: in the clear, or encrypted when there is a PGP key."""
    password = _smtp_password(secret, region)
    if not pgp_key:
        return {"secret": Secret(secret), "sesSmtpPasswordV4": Secret(password)}
    return {
        "encryptedSecret": pgp.encrypt(secret, pgp_key),
        "encryptedSesSmtpPasswordV4": pgp.encrypt(password, pgp_key),
        "keyFingerprint": pgp.fingerprint(pgp_key),
    }


def _smtp_password(secret: str, region: str) -> str:
    # https://docs.aws.amazon.com/ses/latest/dg/smtp-credentials.html, "Obtaining Amazon SES SMTP credentials by
    # converting existing AWS credentials".
    steps = ("11111111", region, "ses", "aws4_request", "SendRawEmail")
    signed = reduce(
        lambda key, step: hmac.new(key, step.encode(), hashlib.sha256).digest(), steps, f"AWS4{secret}".encode()
    )
    return base64.b64encode(_SMTP_VERSION + signed).decode()


class UserLoginProfile(Resource):
    """A password of a user for the console, told once, when it is made."""

    token = "aws:iam/userLoginProfile:UserLoginProfile"  # noqa: S105 - a type, no secret
    properties = {  # noqa: RUF012 - never changed
        "passwordLength": Property(Kind.NUMBER, default=20, replaces=True, least=5, most=128, kept=True),
        "passwordResetRequired": Property(Kind.FLAG, computed=True, replaces=True),
        "user": Property(required=True, replaces=True),
    }
    outputs = ("password",)

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make a password with a character of every class, as the strictest password policy wants it."""
        characters = [secrets.choice(letters) for letters in _LETTERS]
        characters += [secrets.choice("".join(_LETTERS)) for _ in range(new.number("passwordLength") - len(characters))]
        secrets.SystemRandom().shuffle(characters)
        password, reset = "".join(characters), new.flag("passwordResetRequired")
        aws.iam.create_login_profile(UserName=new.text("user"), Password=password, PasswordResetRequired=reset)
        return Created(new.text("user"), {"password": Secret(password)})

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask whether there is a password."""
        profile = aws.iam.get_login_profile(UserName=resource_id)["LoginProfile"]
        return {
            "password": Secret(state.text("password")) if state.text("password") else None,
            "passwordResetRequired": profile.get("PasswordResetRequired") or None,
            "user": profile["UserName"],
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Delete the password."""
        aws.iam.delete_login_profile(UserName=resource_id)


class UserGroupMembership(Resource):
    """Some groups of a user: others that it is in stay as they are. Imported as ``user/group/group``."""

    token = "aws:iam/userGroupMembership:UserGroupMembership"  # noqa: S105 - a type, no secret
    properties = {  # noqa: RUF012 - never changed
        "groups": Property(Kind.TEXTS, required=True),
        "user": Property(required=True, replaces=True),
    }

    def create(self, aws: Aws, new: Properties) -> Created:
        """Put the user in."""
        self.update(aws, "", Properties(), new)
        return Created(f"membership-{uuid.uuid4()}")

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask which of the groups the user is in."""
        user, *groups = [state.text("user"), *state.texts("groups")] if state else resource_id.split("/")
        present = [group["GroupName"] for group in aws.iam.list_groups_for_user(UserName=user)["Groups"]]
        return {"groups": [group for group in present if group in groups], "user": user}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Take the user out of groups, and put it into others."""
        before, after, user = set(old.texts("groups")), set(new.texts("groups")), new.text("user")
        for group in sorted(before - after):
            # The user, or the group, may be no more.
            with unless("NoSuchEntity"):
                aws.iam.remove_user_from_group(GroupName=group, UserName=user)
        for group in sorted(after - before):
            aws.iam.add_user_to_group(GroupName=group, UserName=user)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Take the user out."""
        self.update(aws, resource_id, state, Properties({"user": state["user"]}))


class Exclusive(Resource):
    """The only policies that a role or a user may have: whatever else is found there goes. Its id is the entity's name.

    Removing such a resource from a program changes nothing in AWS, as with the real provider.
    """

    def __init__(self, kind: str, *, attached: bool) -> None:
        """Describe one of the four types.

        Args:
            kind: ``user`` or ``role``.
            attached: Whether it is about attached policies; inline ones otherwise.
        """
        self._kind, self._attached = kind, attached
        name = f"{kind.title()}{'PolicyAttachments' if attached else 'Policies'}Exclusive"
        self.token = f"aws:iam/{name[0].lower()}{name[1:]}:{name}"
        self._listed = "policyArns" if attached else "policyNames"
        self.properties = {
            f"{kind}Name": Property(required=True, replaces=True),
            self._listed: Property(Kind.TEXTS, required=True),
        }

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the list true."""
        self.update(aws, new.text(f"{self._kind}Name"), new, new)
        return Created(new.text(f"{self._kind}Name"))

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:  # noqa: ARG002
        """Ask which policies there are."""
        return {f"{self._kind}Name": resource_id, self._listed: [*sorted(self._present(aws, resource_id))]}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Make the list true again."""
        wanted, present = set(new.texts(self._listed)), self._present(aws, resource_id)
        for policy in sorted(wanted - present):
            if not self._attached:
                raise LookupError(
                    f"policyNames names {policy!r}, and {self._kind} {resource_id!r} has no such inline policy: "
                    "declare it, and let this resource depend on it."
                )
            self._call(aws, "attach", resource_id, PolicyArn=policy)
        for policy in sorted(present - wanted):
            if self._attached:
                self._call(aws, "detach", resource_id, PolicyArn=policy)
            else:
                self._call(aws, "delete", resource_id, PolicyName=policy)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Leave everything as it is."""

    def _present(self, aws: Aws, name: str) -> set[str]:
        named = {f"{self._kind.title()}Name": name}
        if not self._attached:
            return set(getattr(aws.client("iam"), f"list_{self._kind}_policies")(**named)["PolicyNames"])
        listed = getattr(aws.client("iam"), f"list_attached_{self._kind}_policies")(**named)
        return {policy["PolicyArn"] for policy in listed["AttachedPolicies"]}

    def _call(self, aws: Aws, verb: str, name: str, **policy: str) -> None:
        getattr(aws.client("iam"), f"{verb}_{self._kind}_policy")(**{f"{self._kind.title()}Name": name}, **policy)


class EventTarget(Resource):
    """Where the events of a rule go. Imported as ``bus/rule/target`` or ``rule/target``."""

    token = "aws:cloudwatch/eventTarget:EventTarget"  # noqa: S105 - a type, no secret
    gone = ("ResourceNotFoundException",)
    properties = {  # noqa: RUF012 - never changed
        "arn": Property(required=True, to="Arn"),
        "deadLetterConfig": Property(Kind.MAP),
        "eventBusName": Property(default=_DEFAULT_BUS, replaces=True),
        "input": Property(to="Input"),
        "inputPath": Property(to="InputPath"),
        "inputTransformer": Property(Kind.MAP),
        "region": _REGION,
        "roleArn": Property(to="RoleArn"),
        "rule": Property(required=True, replaces=True),
        "targetId": Property(computed=True, replaces=True),
    }

    def create(self, aws: Aws, new: Properties) -> Created:
        """Put the target."""
        target = new.text("targetId") or f"terraform-{uuid.uuid4().hex}"
        self.update(aws, "", Properties({"targetId": target}), new)
        return Created(f"{new.text('rule')}-{target}", {"targetId": target})

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Look for the target among those of the rule."""
        region = aws.region_of(state)
        bus, rule, target = state.text("eventBusName"), state.text("rule"), state.text("targetId")
        if not rule:
            bus, rule, target = ([_DEFAULT_BUS, *resource_id.split("/")])[-3:]
        for one in aws.client("events", region).list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]:
            if one["Id"] == target:
                transformer = one.get("InputTransformer", {})
                paths = {"inputPaths": transformer["InputPathsMap"]} if transformer.get("InputPathsMap") else {}
                template = {"inputTemplate": transformer["InputTemplate"], **paths} if transformer else None
                return {
                    **{name: one.get(rule.to) for name, rule in self.properties.items() if rule.to},
                    "deadLetterConfig": {"arn": one["DeadLetterConfig"]["Arn"]}
                    if one.get("DeadLetterConfig")
                    else None,
                    "eventBusName": bus,
                    "inputTransformer": template,
                    "region": region,
                    "rule": rule,
                    "targetId": target,
                }
        return None

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:  # noqa: ARG002
        """Put the target again: AWS replaces it as a whole."""
        given: dict[str, Any] = {"Id": old.text("targetId")}
        given |= {rule.to: new.text(name) for name, rule in self.properties.items() if rule.to and new.text(name)}
        if new.map("deadLetterConfig").get("arn"):
            given["DeadLetterConfig"] = {"Arn": new.map("deadLetterConfig")["arn"]}
        if (transformer := new.get("inputTransformer")) and isinstance(transformer, dict):
            inner = Properties(transformer)
            template = inner.text("inputTemplate")
            given["InputTransformer"] = {"InputPathsMap": inner.map("inputPaths"), "InputTemplate": template}
        answer = aws.client("events", aws.region_of(new)).put_targets(
            Rule=new.text("rule"), EventBusName=new.text("eventBusName"), Targets=[given]
        )
        if answer.get("FailedEntryCount"):
            raise LookupError(f"The target was not taken: {json.dumps(answer['FailedEntries'])}")

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Remove the target."""
        aws.client("events", aws.region_of(state)).remove_targets(
            Rule=state.text("rule"), EventBusName=state.text("eventBusName"), Ids=[state.text("targetId")]
        )


class SecretVersion(Resource):
    """What is in a secret. Its id is the secret's, a bar, and the version's."""

    token = "aws:secretsmanager/secretVersion:SecretVersion"  # noqa: S105 - a type, no secret
    gone = ("ResourceNotFoundException",)
    properties = {  # noqa: RUF012 - never changed
        "region": _REGION,
        "secretId": Property(required=True, replaces=True),
        "secretString": Property(replaces=True, secret=True),
        "versionStages": Property(Kind.TEXTS, computed=True),
    }
    outputs = ("arn", "versionId")

    def create(self, aws: Aws, new: Properties) -> Created:
        """Put a version in."""
        stages = {"VersionStages": new.texts("versionStages")} if new.texts("versionStages") else {}
        made = aws.client("secretsmanager", aws.region_of(new)).put_secret_value(
            SecretId=new.text("secretId"), SecretString=new.text("secretString"), **stages
        )
        return Created(f"{new.text('secretId')}|{made['VersionId']}")

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask for the version."""
        region = aws.region_of(state)
        secret_id, _, version = resource_id.rpartition("|")
        found = aws.client("secretsmanager", region).get_secret_value(SecretId=secret_id, VersionId=version)
        return {
            "arn": found["ARN"],
            "region": region,
            "secretId": secret_id,
            "secretString": found.get("SecretString"),
            "versionId": found["VersionId"],
            "versionStages": [*found.get("VersionStages", [])],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Move the stages. The current one goes only with its secret: AWS leaves no secret empty."""
        client = aws.client("secretsmanager", aws.region_of(new))
        secret_id, _, version = resource_id.rpartition("|")
        before, after = set(old.texts("versionStages")), set(new.texts("versionStages"))
        for stage in sorted(after - before):
            client.update_secret_version_stage(SecretId=secret_id, VersionStage=stage, MoveToVersionId=version)
        for stage in sorted(before - after - {_CURRENT}):
            client.update_secret_version_stage(SecretId=secret_id, VersionStage=stage, RemoveFromVersionId=version)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Take the stages away."""
        self.update(aws, resource_id, state, Properties({"region": aws.region_of(state)}))


TYPES = (
    AccessKey(),
    EventTarget(),
    *(Exclusive(kind, attached=attached) for kind in ("role", "user") for attached in (False, True)),
    SecretVersion(),
    UserGroupMembership(),
    UserLoginProfile(),
)
