"""Documents for the property tests, drawn where reasoning about policies goes wrong.

Documents lean towards what nearly holds: guards that bind beside guards that look like it, a Deny that closes all but
one way, one account written two ways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from hypothesis import strategies as st

from tests.policies.strangers import Tokens, Zone, host_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Document = dict[str, Any]
Statement = dict[str, Any]
Condition = dict[str, dict[str, Any]]

OURS, OURS_TOO, THEIRS = "111122223333", "444455556666", "999999999999"
PARTNER = "arn:aws:iam::555566667777:role/partner/reader"
OUR_ORG, THEIR_ORG = "o-acmeacmeac", "o-zzzzzzzzzz"
GITHUB, GITLAB = "token.actions.githubusercontent.com", "gitlab.com"
LOGIN = f"arn:aws:iam::{OURS}:saml-provider/login"

ZONE = Zone(
    accounts=frozenset({OURS, OURS_TOO}),
    organizations=frozenset({OUR_ORG}),
    principals=frozenset({PARTNER}),
    services=frozenset({"ec2.amazonaws.com", "lambda.amazonaws.com"}),
    identity_providers={
        GITHUB: (Tokens(("repo:acme/app:*", "repo:acme/infra:ref:refs/heads/main"), ("sts.amazonaws.com",)),),
        "accounts.google.com": (Tokens(("*",), ("acme-client",)),),
    },
    saml_providers=frozenset({LOGIN}),
)
"""The zone of the property tests; those that want another one derive it from this."""


def provider_arn(host: str) -> str:
    return f"arn:aws:iam::{OURS}:oidc-provider/{host}"


# --- small pieces -----------------------------------------------------------------------------------------------------


def sometimes(percent: int) -> st.SearchStrategy[bool]:
    """True in about that many of a hundred draws; shrinks to False."""
    return st.integers(0, 99).map(lambda number: number >= 100 - percent)


@st.composite
def instances(draw: st.DrawFn, pattern: str, alphabet: str = "abz01-/:") -> str:
    """A text that the glob matches."""
    filler = st.text(alphabet, max_size=4)
    pieces = [draw(filler) if c == "*" else draw(st.sampled_from(alphabet)) if c == "?" else c for c in pattern]
    return "".join(pieces)


@st.composite
def near_misses(draw: st.DrawFn, text: str) -> str:
    """The text with one character changed, doubled or dropped."""
    if not text:
        return "x"
    at = draw(st.integers(0, len(text) - 1))
    return draw(
        st.sampled_from([text[:at] + "z" + text[at + 1 :], text[: at + 1] + text[at:], text[:at] + text[at + 1 :]])
    )


@st.composite
def widened(draw: st.DrawFn, text: str) -> str:
    """The text with a stretch replaced by a wildcard."""
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, len(text)))
    return text[:start] + draw(st.sampled_from(["*", "*", "?", "**", "*?"])) + text[end:]


def many(value: Any) -> list[Any]:
    """A list, or one value as a list."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def kinds_of(principal: Any) -> dict[str, list[str]]:
    """The entries of a Principal element by kind; of everyone, the star under AWS."""
    if not isinstance(principal, dict):
        return {"AWS": [str(principal)]}
    return {kind: [str(entry) for entry in many(entries)] for kind, entries in cast("Document", principal).items()}


def one_or_many(values: list[Any]) -> st.SearchStrategy[Any]:
    """A list, or its only member by itself."""
    return st.sampled_from([values, values[0]]) if len(values) == 1 else st.just(values)


@st.composite
def recased(draw: st.DrawFn, text: str) -> str:
    """The same letters in another case."""
    return draw(st.sampled_from([text, text.lower(), text.upper(), text.swapcase()]))


# --- condition keys ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Key:
    """A condition key with values worth trying.

    family: which operators suit it. form: what any real value of it looks like. variables: values that hold `${...}`.
    """

    name: str
    family: str
    values: tuple[str, ...]
    form: str = r"[ -~]{1,200}"
    variables: tuple[str, ...] = ()


_ARNS = (
    f"arn:aws:iam::{OURS}:role/*",
    f"arn:aws:iam::{OURS}:user/robot",
    f"arn:aws:iam::{OURS}:*",
    "arn:aws:iam::*:role/deployer",
    "arn:aws:iam::1111*:role/deployer",
    "arn:aws:iam::1111????????:role/*",
    f"arn:*:iam::{OURS}:role/ci/*",
    f"arn:aws:iam::{THEIRS}:role/*",
    f"arn:aws:sts::{OURS}:assumed-role/deployer/*",
    PARTNER,
    f"arn:aws:iam::{OURS}:root",
    "*",
    "arn:aws:iam::*:*",
)

BINDING = (
    Key("aws:PrincipalOrgID", "String", (OUR_ORG, OUR_ORG, THEIR_ORG, "o-*", "o-acme*", "*"), r"o-[a-z0-9]{10,32}",
        ("${aws:ResourceOrgID}", "${aws:PrincipalOrgID}", "o-${aws:PrincipalTag/team, 'acmeacmeac'}")),
    Key("aws:PrincipalOrgPaths", "String",
        (f"{OUR_ORG}/*", f"{OUR_ORG}/r-ab12/*", f"{THEIR_ORG}/*", "o-*/r-ab12/*", "*"),
        r"o-[a-z0-9]{10,32}/r-[a-z0-9]{4,32}/(ou-[a-z0-9-]+/)*"),
    Key("aws:PrincipalAccount", "String", (OURS, OURS, OURS_TOO, THEIRS, "1111*", "11112222333?", "*"), r"\d{12}",
        ("${aws:ResourceAccount}", "${aws:PrincipalAccount}")),
    Key("aws:PrincipalArn", "Arn", _ARNS, r"arn:aws:iam::\d{12}:(root|(user|role)/[\w+=,.@/-]{1,64})",
        ("arn:aws:iam::${aws:PrincipalAccount}:role/*", "arn:aws:iam::${aws:ResourceAccount}:role/*")),
)  # fmt: skip
"""Keys that tell who an AWS caller is."""

LOOSE = (
    Key("sts:ExternalId", "String", ("s3cret-4711", "s3cret-*", "${aws:PrincipalAccount}"), r"[\w+=,.@:/-]{2,200}"),
    Key("aws:MultiFactorAuthPresent", "Bool", ("true", "false"), "true|false"),
    Key("aws:MultiFactorAuthAge", "Numeric", ("3600", "0", "86400"), r"\d{1,6}"),
    Key("sts:RoleSessionName", "String", ("deploy-*", "${aws:username}", "robot"), r"[\w+=,.@-]{2,64}"),
    Key("sts:SourceIdentity", "String", ("ann", "*"), r"[\w+=,.@-]{2,64}"),
    Key("aws:PrincipalTag/Team", "String", ("platform", "*"), r"\w{1,20}"),
    Key("aws:RequestTag/Team", "String", ("platform", "${aws:PrincipalTag/Team}"), r"\w{1,20}"),
    Key("aws:TagKeys", "String", ("Team", "Repository"), r"\w{1,20}"),
    Key("aws:username", "String", ("robot", "*"), r"[\w+=,.@-]{1,64}"),
    Key("aws:PrincipalType", "String", ("User", "AssumedRole", "Account"), r"User|AssumedRole|Account|FederatedUser"),
    Key("aws:SourceIp", "IpAddress", ("203.0.113.0/24", "0.0.0.0/0", "2001:db8::/32", "::/0"), r"[0-9a-f.:]+"),
    Key("aws:CurrentTime", "Date", ("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", "2099-12-31"), r"[0-9TZ:-]+"),
    Key("aws:RequestedRegion", "String", ("eu-west-1", "eu-*"), r"[a-z0-9-]+"),
    Key("aws:UserAgent", "String", ("terraform/*", "*"), r"[ -~]{1,200}"),
    Key("aws:SecureTransport", "Bool", ("true", "false"), "true|false"),
    Key("aws:ViaAWSService", "Bool", ("false", "true"), "true|false"),
    Key("aws:PrincipalIsAWSService", "Bool", ("false", "true"), "true|false"),
    Key("aws:SourceAccount", "String", (OURS, THEIRS, "*"), r"\d{12}"),
    Key("aws:SourceArn", "Arn", ("arn:aws:s3:::acme-*", f"arn:aws:lambda:*:{OURS}:function:*"), r"arn:aws:[\w:*/-]+"),
)
"""Keys whose value the caller chooses, shares with others, or that say nothing of its identity."""

_SUBJECTS = (
    "repo:acme/app:*",
    "repo:acme/app:ref:refs/heads/main",
    "repo:acme/app:environment:prod*",
    "repo:acme/*",
    "repo:acme*",
    "repo:acme/app*",
    "repo:acme/infra:ref:refs/heads/main",
    "repo:acme/infra:*",
    "repo:acme@1234/app@5678:ref:refs/heads/main",
    "repo:*/app:ref:refs/heads/main",
    "repo:evil/app:ref:refs/heads/main",
    "*",
    "repo:?cme/app:*",
    "REPO:ACME/APP:REF",
)


def token_keys(host: str) -> tuple[Key, ...]:
    """The two keys a provider's tokens bring."""
    subjects = (
        _SUBJECTS if host == GITHUB else ("project_path:acme/app:ref_type:branch:ref:main", "*", "10769150350006")
    )
    audiences = ("sts.amazonaws.com", "acme-client", "https://github.com/acme", "*", "sts.*")
    return (Key(f"{host}:sub", "String", subjects), Key(f"{host}:aud", "String", audiences))


_OPERATORS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "String": (
        ("StringEquals", "StringEquals", "StringLike", "StringLike", "StringEqualsIgnoreCase"),
        ("StringNotEquals", "StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase"),
    ),
    "Arn": (
        ("ArnLike", "ArnEquals", "StringLike", "StringEquals"),
        ("ArnNotLike", "ArnNotEquals", "StringNotLike", "StringNotEquals"),
    ),
    "Bool": (("Bool",), ("Bool",)),
    "Numeric": (
        ("NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericEquals", "NumericGreaterThanEquals"),
        ("NumericNotEquals",),
    ),
    "Date": (("DateLessThan", "DateGreaterThan", "DateLessThanEquals"), ("DateNotEquals",)),
    "IpAddress": (("IpAddress",), ("NotIpAddress",)),
}


@st.composite
def operators(draw: st.DrawFn, family: str, *, negated: bool) -> str:
    """An operator's full name. AWS leaves open what `ForAnyValue:...IfExists` says of no key, so it is not drawn."""
    name = draw(st.sampled_from(_OPERATORS[family][negated]))
    if draw(sometimes(20)):
        return f"{name}IfExists"
    quantifiers = ["", "", "", "", "ForAllValues:", "ForAnyValue:"] if family in ("String", "Arn") else [""]
    return draw(st.sampled_from(quantifiers)) + name


@st.composite
def expected_values(draw: st.DrawFn, key: Key) -> list[str]:
    values = draw(st.lists(st.sampled_from(key.values), min_size=1, max_size=3, unique=True))
    if key.variables and draw(sometimes(10)):
        values[0] = draw(st.sampled_from(key.variables))
    elif key.family in ("String", "Arn") and "arn:" not in values[0] and draw(sometimes(10)):
        values[0] = draw(near_misses(values[0]) | widened(values[0])) or "x"
    return [_closed(value) for value in values]


def _closed(value: str) -> str:
    """Without the stump of a variable that a change has broken: AWS refuses those."""
    return value if "${" not in value or "}" in value.partition("${")[2] else value.replace("$", "")


@st.composite
def conditions(draw: st.DrawFn, keys: Sequence[Key], *, negated: int, least: int = 0) -> Condition:
    """Up to three tests, `negated` of a hundred the other way round; at least `least` of them."""
    condition: Condition = {}
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 3])) or least):
        key = draw(st.sampled_from(keys))
        if draw(sometimes(8)):
            operator, values = "Null", [draw(st.sampled_from(["true", "false"]))]
        else:
            operator = draw(operators(key.family, negated=draw(sometimes(negated))))
            values = draw(expected_values(key))
        name = draw(recased(key.name)) if draw(sometimes(10)) else key.name
        tests = condition.setdefault(operator, {})
        if name.lower() not in {other.lower() for other in tests}:
            tests[name] = draw(one_or_many(values))
    return {operator: tests for operator, tests in condition.items() if tests}


# --- statements and documents -----------------------------------------------------------------------------------------

_AWS_PRINCIPALS = (
    OURS,
    f"arn:aws:iam::{OURS}:root",
    f"arn:aws:iam::{OURS}:user/robot",
    f"arn:aws:iam::{OURS_TOO}:role/ci/deployer",
    f"arn:aws:sts::{OURS}:assumed-role/deployer/build",
    PARTNER,
    THEIRS,
    f"arn:aws:iam::{THEIRS}:root",
    f"arn:aws:iam::{THEIRS}:user/robot",
    "arn:aws:iam::555566667777:role/partner/writer",
    "*",
)
FEDERATED = (
    provider_arn(GITHUB),
    provider_arn(GITHUB),
    provider_arn(GITLAB),
    "accounts.google.com",
    LOGIN,
    f"arn:aws:iam::{OURS}:saml-provider/other",
)
SERVICES = ("ec2.amazonaws.com", "lambda.amazonaws.com", "codebuild.amazonaws.com")

_ASSUME = ("sts:AssumeRole", "sts:AssumeRole", "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity")
_ASSUME_WIDE = ("sts:*", "sts:*", "sts:Assume*", "sts:?ssumeRole", "sts:AssumeRole*", "STS:ASSUMEROLE", "sts:*Role*")


@st.composite
def _named_principals(draw: st.DrawFn, kind: str) -> Any:
    pool = {"AWS": _AWS_PRINCIPALS, "Federated": FEDERATED, "Service": SERVICES}[kind]
    size = 1 if kind == "Federated" else 3
    return draw(one_or_many(draw(st.lists(st.sampled_from(pool), min_size=1, max_size=size, unique=True))))


@st.composite
def principal_elements(draw: st.DrawFn, kinds: Sequence[str] = ("AWS", "AWS", "AWS", "Federated", "Service")) -> Any:
    """The content of a Principal element: everyone, or one or two kinds of caller."""
    if draw(sometimes(10)):
        return "*"
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=2 if draw(sometimes(10)) else 1, unique=True))
    return {kind: draw(_named_principals(kind)) for kind in chosen}


@st.composite
def _trust_actions(draw: st.DrawFn, principal: Any) -> Statement:
    fitting = list(_ASSUME)
    if "Federated" in kinds_of(principal):
        is_saml = "saml-provider" in str(principal)
        fitting = ["sts:AssumeRoleWithSAML" if is_saml else "sts:AssumeRoleWithWebIdentity"] * 3 + ["sts:TagSession"]
    if principal == "*":
        fitting += ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"]
    pool = fitting * 3 + list(_ASSUME_WIDE) if draw(sometimes(40)) else fitting
    entries = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=2, unique=True))
    element = "NotAction" if draw(sometimes(5)) else "Action"
    return {element: draw(one_or_many(entries))}


def keys_for(principal: Any) -> tuple[Key, ...]:
    """The keys that matter to these callers, most telling first."""
    kinds = kinds_of(principal)
    providers = kinds.get("Federated", [provider_arn(GITHUB)])
    hosts = [host_of(entry) for entry in providers if ":saml-provider/" not in entry]
    tokens = tuple(key for host in hosts for key in token_keys(host))
    return tokens * 4 + LOOSE[:4] if set(kinds) == {"Federated"} else BINDING * 3 + LOOSE + tokens


@st.composite
def trust_statements(draw: st.DrawFn, effect: str = "Allow") -> Statement:
    principal = draw(principal_elements())
    statement = {"Effect": effect, "Principal": principal, **draw(_trust_actions(principal))}
    condition = draw(conditions(keys_for(principal), negated=15 if effect == "Allow" else 70))
    return {**statement, "Condition": condition} if condition else statement


@st.composite
def closing_statements(draw: st.DrawFn) -> Statement:
    """A Deny that keeps strangers out, or nearly: everyone, every call, unless one or two keys are ours."""
    principal = draw(st.just("*") | st.just({"AWS": "*"}) | principal_elements())
    actions = draw(st.sampled_from(["sts:*", "sts:AssumeRole", ["sts:AssumeRole", "sts:TagSession"], "sts:Assume*"]))
    key, ours = draw(
        st.sampled_from(
            [
                ("aws:PrincipalOrgID", OUR_ORG),
                ("aws:PrincipalAccount", OURS),
                ("aws:PrincipalAccount", [OURS, OURS_TOO]),
                ("aws:PrincipalArn", f"arn:aws:iam::{OURS}:*"),
                (f"{GITHUB}:sub", "repo:acme/app:*"),
            ]
        )
    )
    names = ["StringNotEquals", "StringNotLike", "StringNotEqualsIfExists"]
    operator = draw(st.sampled_from([*names, "ArnNotLike"] if key.endswith("Arn") else names))
    operator = draw(st.sampled_from(["", "", "", "ForAllValues:", "ForAnyValue:"])) + operator
    operator = operator.removesuffix("IfExists") if operator.startswith("ForAnyValue:") else operator
    condition: Condition = {operator: {key: ours}}
    if draw(sometimes(30)):
        for name, tests in draw(conditions(BINDING + LOOSE, negated=50, least=1)).items():
            condition.setdefault(name, tests)
    return {"Effect": "Deny", "Principal": principal, "Action": actions, "Condition": condition}


@st.composite
def _documents(draw: st.DrawFn, statements: list[Statement]) -> Statement:
    for number, statement in enumerate(statements):
        if draw(sometimes(20)):
            statement["Sid"] = f"Statement{number}"
    # Under the old version variables are plain text, which the reader refuses as a mistake; other tests see to that.
    versions = ["2012-10-17"] if "${" in str(statements) else ["2012-10-17"] * 9 + ["2008-10-17"]
    version = draw(st.sampled_from(versions))
    return {"Version": version, "Statement": draw(one_or_many(draw(st.permutations(statements))))}


@st.composite
def trust_policies(draw: st.DrawFn) -> Statement:
    """A role's trust policy: one to three ways in, and often a Deny that shuts some of them."""
    statements = draw(st.lists(trust_statements(), min_size=1, max_size=3))
    if draw(sometimes(45)):
        statements.append(draw(closing_statements()))
    if draw(sometimes(20)):
        statements.append(draw(trust_statements("Deny")))
    return draw(_documents(statements))


RESOURCES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "s3": (("s3:GetObject", "s3:PutObject", "s3:ListBucket"), ("arn:aws:s3:::acme-logs", "arn:aws:s3:::acme-logs/*")),
    "sqs": (("sqs:SendMessage", "sqs:ReceiveMessage"), (f"arn:aws:sqs:eu-west-1:{OURS}:jobs",)),
    "sns": (("sns:Publish", "sns:Subscribe"), (f"arn:aws:sns:eu-west-1:{OURS}:news",)),
    "kms": (("kms:Decrypt", "kms:CreateGrant", "kms:*"), ("*",)),
    "secretsmanager": (("secretsmanager:GetSecretValue",), ("*",)),
}


@st.composite
def resource_statements(draw: st.DrawFn, name: str, effect: str = "Allow") -> Statement:
    actions, resources = RESOURCES[name]
    entries = draw(
        st.lists(st.sampled_from([*actions, *actions, f"{name}:*", "*"]), min_size=1, max_size=2, unique=True)
    )
    principal = draw(principal_elements(("AWS", "AWS", "AWS", "Service")))
    element = "NotPrincipal" if effect == "Deny" and name == "s3" and draw(sometimes(30)) else "Principal"
    statement: Statement = {
        "Effect": effect,
        element: principal,
        "Action": draw(one_or_many(entries)),
        "Resource": draw(one_or_many(draw(st.lists(st.sampled_from(resources), min_size=1, max_size=2, unique=True)))),
    }
    condition = draw(conditions(BINDING * 3 + LOOSE[4:], negated=15 if effect == "Allow" else 70))
    return {**statement, "Condition": condition} if condition else statement


@st.composite
def resource_policies(draw: st.DrawFn) -> Statement:
    """A bucket's, queue's, topic's, key's or secret's own policy."""
    name = draw(st.sampled_from(sorted(RESOURCES)))
    statements = draw(st.lists(resource_statements(name), min_size=1, max_size=3))
    if draw(sometimes(40)):
        statements.append(draw(resource_statements(name, "Deny")))
    return draw(_documents(statements))


def statements_of(document: Document) -> list[Statement]:
    return many(document["Statement"])
