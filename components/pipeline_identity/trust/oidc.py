"""Trust in workloads of an OpenID Connect identity provider, by subject, audience and claims of their tokens.

The subject is always required: AWS wants it of issuers that many share, and compares nothing but subject and audience
of most others. The audience is compared exactly. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html.
"""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pulumi import Input
from typing_extensions import NotRequired

from pipeline_identity._arns import Account
from pipeline_identity._conditions import Condition
from pipeline_identity._reading.arguments import Arguments, flag, text
from pipeline_identity._reading.errors import Refusal
from pipeline_identity.trust.claims import read_claims_by_key
from pipeline_identity.trust.statement import ASSUME_ROLE_WITH_WEB_IDENTITY, TrustStatement
from pipeline_identity.trust.subjects import claim_text, is_pattern
from pipeline_identity.trust.workloads import TaggedWorkloadTrust

_ISSUER = re.compile(r"https://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[1-9][0-9]{0,4})?(?:/[A-Za-z0-9._~/%-]*)?")

_OWNERS = {
    "https://token.actions.githubusercontent.com": re.compile(r"repo:[^*?/:]+/"),
    "https://gitlab.com": re.compile(r"project_path:[^*?/:]+/"),
    "https://app.terraform.io": re.compile(r"organization:[^*?:]+:"),
    "https://app.eu.terraform.io": re.compile(r"organization:[^*?:]+:"),
    # Its subjects are bare numbers, so no pattern of them names an owner.
    "https://accounts.google.com": re.compile(r"(?!)"),
    "https://agent.buildkite.com": re.compile(r"organization:[^*?:]+:pipeline:"),
}
"""How a subject must begin on an issuer that everybody shares, so that it names one owner. A project follows."""


class OidcTrust(TaggedWorkloadTrust):
    """Trust in workloads of any OpenID Connect identity provider. Give subjects, patterns of subjects, or both."""

    issuer: str
    """
    The issuer's URL exactly as it stands in the tokens, such as `https://token.example.com/tenant`. A path, a port and
    a slash at the end belong to the name.
    """

    audiences: Sequence[str]
    """The audiences that the tokens may be made for: at least one, compared exactly."""

    subjects: NotRequired[Sequence[str]]
    """Subjects, compared exactly. Empty by default."""

    subject_patterns: NotRequired[Sequence[str]]
    """Subjects with `*` and `?`. Each must begin with text that names whose workload it is. Empty by default."""

    whole_owner: NotRequired[bool]
    """
    Whether a pattern may take in all projects of an owner, such as `repo:acme/*`, those that somebody will make among
    them. It concerns issuers that everybody uses. False by default.
    """

    claims: NotRequired[Mapping[str, Input[Sequence[Input[str]]]]]
    """
    Claims of the tokens, named as in condition keys, each with the values of which a token must have one, such as
    `{"repository_id": ["456789"]}`. Only claims that AWS compares of this issuer's tokens are taken. None by default.
    """


@dataclass(frozen=True)
class Issuer:
    """An identity provider of an account."""

    url: str

    @property
    def key(self) -> str:
        """The URL without its scheme, as it stands in ARNs and condition keys."""
        return self.url.removeprefix("https://")

    def arn(self, account: Account) -> str:
        """Returns the ARN of the account's provider for this issuer. There is at most one for each URL."""
        return f"arn:{account.partition}:iam::{account.account_id}:oidc-provider/{self.key}"

    def trust(
        self,
        sid: str,
        account: Account,
        audiences: Sequence[str],
        subjects: Sequence[str],
        claims: Sequence[Condition] = (),
    ) -> TrustStatement:
        """Returns the statement that lets workloads with these subjects, audiences and claims assume the role."""
        compare = "StringLike" if any(is_pattern(subject) for subject in subjects) else "StringEquals"
        return TrustStatement(
            sid=sid,
            principal={"Federated": self.arn(account)},
            actions=(ASSUME_ROLE_WITH_WEB_IDENTITY,),
            conditions=(
                Condition("StringEquals", f"{self.key}:aud", tuple(audiences)),
                Condition(compare, f"{self.key}:sub", tuple(subjects)),
                *claims,
            ),
        )


def issuer_url(value: object) -> str:
    """Checks an issuer's URL: https, a host, perhaps a port and a path. It is a name, and stays as it is written.

    AWS keeps a slash at the end in the provider's ARN and in condition keys. Of ports it says that a URL should have
    none: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html.
    """
    url = text(value)
    if not _ISSUER.fullmatch(url):
        raise Refusal("is not an issuer's URL", "write it as the tokens do, such as https://gitlab.example.com")
    return url


def instance_url(value: object) -> str:
    """Checks the issuer's URL of a system whose issuers never end in a slash."""
    url = issuer_url(value)
    if url.endswith("/"):
        raise Refusal("is not the issuer that its tokens name", "write it as the tokens do, without / at the end")
    return url


def audience(value: object) -> str:
    """Checks an audience: text without wildcards."""
    written = claim_text(value)
    if is_pattern(written):
        raise Refusal("holds a wildcard", "write the audience in full")
    return written


def read_oidc(arguments: Arguments, account: Account) -> list[TrustStatement]:
    """Reads one `OidcTrust`."""
    issuer = Issuer(arguments.required("issuer", issuer_url, meaning="the issuer's URL"))
    audiences = arguments.texts("audiences", audience)
    exact = arguments.texts("subjects", _exact_subject)
    patterns = arguments.texts("subject_patterns", _subject_pattern)
    whole_owner = arguments.optional("whole_owner", flag, default=False)
    claims = read_claims_by_key(arguments, issuer.key)
    arguments.no_others()
    if not audiences:
        arguments.refuse(
            ("audiences",), None, "is missing or empty", "list at least one audience, such as sts.amazonaws.com"
        )
    if not exact and not patterns:
        arguments.refuse(("subjects",), None, "is missing or empty", "list the subject of at least one workload")
    _refuse_shared_patterns(arguments, issuer, patterns, whole_owner=whole_owner)
    return [issuer.trust("OpenIdConnect", account, audiences, (*exact, *patterns), claims)]


def _refuse_shared_patterns(
    arguments: Arguments, issuer: Issuer, patterns: Sequence[str], *, whole_owner: bool
) -> None:
    owner = _OWNERS.get(issuer.url.lower())
    for place, pattern in enumerate(patterns):
        if owner is None:
            continue
        found = owner.match(pattern)
        if not found:
            arguments.refuse(
                ("subject_patterns", place),
                pattern,
                "admits workloads of other owners, since everybody uses this issuer",
                "write the owner in full before the first wildcard, or list the subjects",
            )
        elif (
            not whole_owner
            and owner.pattern.endswith(("/", "pipeline:"))
            and pattern[found.end() :][:1] in ("", "*", "?")
        ):
            arguments.refuse(
                ("subject_patterns", place),
                pattern,
                "admits every project of one owner",
                "begin the project's name before the first wildcard, or set whole_owner to true",
            )


def _exact_subject(value: object) -> str:
    subject = claim_text(value)
    if is_pattern(subject):
        raise Refusal(
            "holds a wildcard where an exact value is meant", "write it in full, or put it under subject_patterns"
        )
    return subject


def _subject_pattern(value: object) -> str:
    subject = claim_text(value)
    if subject.startswith(("*", "?")):
        raise Refusal("begins with a wildcard, so it admits workloads of anybody", "begin it with whose workload it is")
    return subject
