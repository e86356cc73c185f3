"""Nobody outside the trust zone gets a session of a role, or any access to a resource."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from iam_guardrails.findings import Finding
from iam_guardrails.issuers import issuer_of
from iam_guardrails.language.documents import Document, DocumentKind, Statement
from iam_guardrails.language.principals import Kind, Principal
from iam_guardrails.reasoning import tables
from iam_guardrails.reasoning.external_access import AccessPath, Reason, find_external_access
from iam_guardrails.reasoning.token_claims import unread_claims
from iam_guardrails.reasoning.zone import Zone
from iam_guardrails.rules.base import Rule, Scope, fsbp, named, well_architected
from iam_guardrails.settings import Settings

if TYPE_CHECKING:
    from iam_guardrails.rules.stack import Stack

RULE = Rule(
    id="trusted-principals-only",
    title="Only principals inside the trust zone get in",
    severity="critical",
    level="error",
    why="Whoever gets a session of a role has its permissions; whoever reaches a resource has what is in it.",
    remediation="Name the principals that need access, or bind them by organization or a token's subject.",
    sources=(
        "IAM user guide: AWS JSON policy elements: Principal",
        "IAM user guide: The confused deputy problem",
        "IAM user guide: IAM Access Analyzer, external access findings",
        "CIS AWS Foundations Benchmark: IAM External Access Analyzer is enabled for all regions",
    ),
    scope=Scope.DOCUMENT,
    kinds=(DocumentKind.TRUST, DocumentKind.RESOURCE),
    requirements=(well_architected("SEC03-BP07"), fsbp("S3.6"), fsbp("KMS.5"), fsbp("Lambda.1")),
)


def check(document: Document, settings: Settings) -> list[Finding]:
    """One finding for each principal of a statement through which an external principal gets in."""
    zone = settings.zone
    if zone.accounts is None and _names_accounts(document, zone):
        return [
            RULE.finding(
                "it names accounts or principals, and no trusted accounts are configured, so it cannot be accepted",
                "",
                evidence={"setting": "trusted_accounts"},
                fix="set trusted_accounts to the ids of your own accounts, or to an empty list to trust none",
            )
        ]
    ways = find_external_access(document, zone._replace(accounts=zone.accounts or ()))
    return [_finding(document, way) for way in ways]


def check_stack(stack: Stack) -> Iterator[Finding]:
    """A warning for each resource that gives access to everybody of its account without a policy document."""
    if stack.answered is not None:
        from iam_guardrails.rules import reached  # the graph takes time to load

        yield from reached.entries_found(RULE, stack.answered)
    for grant in stack.model.open_grants:
        evidence = {"value": grant.what}
        found = RULE.finding(grant.what, "", fix=grant.fix, evidence=evidence, level="warning", severity="medium")
        yield replace(found, location=grant.location)


def _names_accounts(document: Document, zone: Zone) -> bool:
    """Whether it takes an account to say who gets in.

    It takes none for what only denies, for everybody, for services alone and for what the settings trust by itself; the
    source that a service acts for is compared with the trusted accounts, too.
    """
    for statement in document.statements:
        if not statement.allow:
            continue
        if any(_ACCOUNT_KEY.fullmatch(condition.key) for condition in statement.conditions):
            return True
        if any(one.kind in _OF_ACCOUNTS and not zone.trusts(one) for one in statement.principals):
            return True
    return False


_ACCOUNT_KEY = re.compile(
    r"aws:(source(account|owner|arn)|principal(account|arn))|kms:calleraccount|s3:dataaccesspoint.*"
)
_OF_ACCOUNTS = (Kind.ACCOUNT, Kind.USER, Kind.ROLE, Kind.SESSION, Kind.FEDERATED_USER)


# --- What AWS itself tells everybody to write --------------------------------------------------------------------

_DELIVERS_LOGS = frozenset({"s3:putobject", "s3:getbucketacl"})


@lru_cache(maxsize=1)
def _log_accounts() -> frozenset[str]:
    """The accounts by which AWS itself writes logs into buckets."""
    table = cast("dict[str, Any]", tables.data("aws_accounts.json"))
    rows = cast("list[dict[str, str]]", table["accounts"])
    return frozenset(row["account"] for row in rows)


def _delivers_logs(document: Document, way: AccessPath) -> bool:
    """Whether an access path is that of an account of AWS which delivers logs into buckets.

    Source: Elastic Load Balancing user guide, "Enable access logs", the accounts of the older regions. Whoever knows
    that the document is a bucket's accepts it; a document alone does not show whose it is.
    """
    statement, principal = way.statement, way.principal
    return (
        document.kind is DocumentKind.RESOURCE
        and principal.kind is Kind.ACCOUNT
        and principal.account in _log_accounts()
        and not statement.not_actions
        and {one.lower() for one in statement.actions} <= _DELIVERS_LOGS
    )


def _finding(document: Document, way: AccessPath) -> Finding:
    statement, principal = way.statement, way.principal
    evidence: dict[str, object] = {"value": principal.text, "reason": way.reason.value}
    if way.witness is not None:
        evidence["witness"] = way.witness.as_json()
    if _delivers_logs(document, way):
        evidence["documented_by_aws"] = "elasticloadbalancing"
    message, fix = _words(document, way)
    return RULE.finding(
        f"{named(statement)} {message}{_never_read(statement)}",
        _place(way),
        statement=statement,
        evidence=evidence,
        fix=fix,
        blocking=way.reason is not Reason.UNCHECKED_AUDIENCE,
        severity="low" if way.reason is Reason.UNCHECKED_AUDIENCE else "",
    )


def _never_read(statement: Statement) -> str:
    """What to add where a statement leans on claims that AWS STS reads of no token of its issuers."""
    keys = [f'"{one.key}"' for one in unread_claims(statement)]
    return f" (AWS STS reads no {' and no '.join(keys)}, which so limits nothing)" if keys else ""


def _place(way: AccessPath) -> str:
    """The pointer to what lets the external principal in: the condition on a token's claim, or the principal."""
    statement = way.statement
    if way.reason is Reason.SOURCE:
        source = next((one for one in statement.conditions if one.key.startswith("aws:source")), None)
        return statement.at_condition(source) if source else statement.at("Principal")
    keys = _keys(way)
    compared = next((one for key in keys for one in statement.conditions if one.key == key), None)
    if compared is not None:
        return statement.at_condition(compared)
    return statement.at("NotPrincipal" if statement.not_principals else "Principal")


def _keys(way: AccessPath) -> tuple[str, ...]:
    """The condition keys of a token that make it an external one, or may."""
    issuer = way.principal.name
    known = issuer_of(issuer)
    if way.reason is Reason.SUBJECT:
        return (f"{issuer}:{known.subject}".lower(),)
    if way.reason is Reason.AUDIENCE:
        return (f"{issuer}:{known.audience}".lower(),)
    return way.keys if way.reason is Reason.CLAIM else ()


def _words(document: Document, way: AccessPath) -> tuple[str, str]:
    """What to say of a way in, and the smallest change that closes it."""
    principal = way.principal
    if way.reason is Reason.TOO_COMPLEX:
        return "is too complex to be judged, and so is refused", "split the statement, or use fewer wildcards"
    if way.reason is Reason.SUBJECT:
        return (
            f"lets in tokens of {principal.name} {_with(way, 'subject')}, which is not trusted",
            f'require "{principal.name}:{issuer_of(principal.name).subject}" to equal one of the trusted subjects'
            f"{_or_claims(way)}",
        )
    if way.reason is Reason.CLAIM:
        return (
            f"lets in tokens of {principal.name} {_of_claims(way)}, which no entry of the trusted claims has",
            f"require {_quoted(way.keys)} to equal what is trusted, each by an operator that a token without it does"
            " not meet",
        )
    if way.reason in (Reason.AUDIENCE, Reason.UNCHECKED_AUDIENCE):
        return (
            f"lets in tokens of {principal.name} {_with(way, 'audience')}",
            f'require "{principal.name}:{issuer_of(principal.name).audience}" to equal the trusted audience',
        )
    if way.reason is Reason.SOURCE:
        return (
            f"lets {_which_service(principal)} act {_for_whom(way)}, which is not trusted",
            "name a source of your own, or add its account to trusted_accounts (its organization to"
            " trusted_organizations)",
        )
    if way.statement.not_principals:
        return "lets in everyone but those named in NotPrincipal", "name in Principal whom you trust"
    gets = "get a session of the role" if document.kind is DocumentKind.TRUST else "use the resource"
    return f"lets {_who(way)} {gets}", _closing(way)


def _with(way: AccessPath, name: str) -> str:
    """The subject or audience of the witness, in words."""
    if way.witness is None:
        return f"with some {name}"
    known = issuer_of(way.principal.name)
    claim = known.subject if name == "subject" else known.audience
    values = way.witness.context.get(f"{way.principal.name}:{claim}".lower(), ())
    return f'with the {name} "{values[0]}"' if values else f"whatever their {name}"


def _of_claims(way: AccessPath) -> str:
    """The claims of the witness by which trusted tokens are told, in words."""
    if way.witness is None:
        return "with some claims"
    told = [(key.removeprefix(f"{way.principal.name}:".lower()), way.witness.context.get(key, ())) for key in way.keys]
    said = [f'{claim} "{values[0]}"' for claim, values in told if values]
    return f"with {' and '.join(said)}" if said else f"without {' and '.join(claim for claim, _ in told)}"


def _quoted(keys: tuple[str, ...]) -> str:
    return ", ".join(f'"{key}"' for key in keys)


def _or_claims(way: AccessPath) -> str:
    """What else to do about a token that is told by other claims than those that the settings name."""
    known = issuer_of(way.principal.name)
    prefix = f"{way.principal.name}:".lower()
    owners = {f"{prefix}{one.name}".lower(): one.name for one in known.claims.values() if one.owner}
    owners.pop(prefix + known.subject, None)
    compared = [owners[one.key] for one in way.statement.conditions if one.key in owners]
    return f", or add the trusted values of {' and '.join(compared)} to its entry's claims" if compared else ""


def _which_service(principal: Principal) -> str:
    return "every AWS service" if principal.kind is Kind.EVERYONE else principal.text


def _for_whom(way: AccessPath) -> str:
    """On whose behalf the service of the witness acts, in words."""
    if way.witness is None:
        return "on behalf of somebody"
    sources = [values[0] for key, values in way.witness.context.items() if key.startswith("aws:source")]
    return f"on behalf of {' and '.join(sources)}"


def _who(way: AccessPath) -> str:
    kind, text = way.principal.kind, way.principal.text
    if kind is Kind.EVERYONE:
        who = f", such as {way.witness.principal.text}," if way.witness and way.witness.principal.account else ""
        return f'everyone in the world ("*"){who}'
    if kind is Kind.ACCOUNT:
        return f"whomever account {way.principal.account} chooses, which is not a trusted account,"
    if kind in (Kind.OIDC, Kind.SAML):
        return f"whomever {text} vouches for, which is no trusted identity provider,"
    if kind is Kind.SERVICE:
        return f"the service {text}, which is not among the trusted services,"
    return f"{text}, which is not a trusted principal,"


_WHO_THEY_ARE = ("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn")


def _closing(way: AccessPath) -> str:
    principal = way.principal
    if principal.kind is Kind.EVERYONE:
        if any(condition.key in _WHO_THEY_ARE for condition in way.statement.conditions):
            return (
                "name the principals, or ask for one of your own organizations, accounts or ARNs by an operator that a"
                " request without the key does not meet, such as StringEquals"
            )
        return 'name the principals, or add "StringEquals": {"aws:PrincipalOrgID": "<your organization>"}'
    if principal.kind is Kind.OIDC:
        return "take it out, or add it to trusted_identity_providers with the subjects or claims you trust"
    if principal.kind is Kind.SAML:
        return "take it out, or add it to trusted_saml_providers"
    if principal.kind is Kind.SERVICE:
        return "take it out, or add it to trusted_services"
    return f'take "{principal.text}" out, or add it to trusted_principals if it is meant'
