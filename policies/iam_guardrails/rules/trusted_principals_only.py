"""Nobody outside the trust zone gets a session of a role, or any access to a resource."""

from __future__ import annotations

from iam_guardrails.findings import Finding
from iam_guardrails.language.documents import Document, DocumentKind
from iam_guardrails.language.principals import Kind
from iam_guardrails.reasoning.external_access import Reason, WayIn, ways_in
from iam_guardrails.rules.base import Rule, named
from iam_guardrails.settings import Settings

RULE = Rule(
    name="trusted-principals-only",
    title="Only principals inside the trust zone get in",
    severity="critical",
    blocking=True,
    why="Whoever gets a session of a role has its permissions; whoever reaches a resource has what is in it.",
    remediation="Name the principals that need access, or bind them by organization or a token's subject.",
    references=(
        "IAM user guide: AWS JSON policy elements: Principal",
        "IAM user guide: The confused deputy problem",
        "IAM user guide: IAM Access Analyzer, external access findings",
        "CIS AWS Foundations Benchmark: IAM External Access Analyzer is enabled for all regions",
    ),
    docs="docs/rules/trusted-principals-only.md",
)


def check(document: Document, settings: Settings) -> list[Finding]:
    """One finding for each principal of a statement through which a stranger gets in."""
    zone = settings.zone
    if zone.accounts is None:
        return [
            RULE.finding(
                "nobody said which accounts are trusted, so nobody can be found to be",
                "",
                evidence={"setting": "trusted_accounts"},
                fix="set trusted_accounts to the ids of your own accounts, or to an empty list to trust none",
            )
        ]
    return [_finding(document, way) for way in ways_in(document, zone)]


def _finding(document: Document, way: WayIn) -> Finding:
    statement, principal = way.statement, way.principal
    evidence: dict[str, object] = {"value": principal.text, "reason": way.reason.value}
    if way.witness is not None:
        evidence["witness"] = way.witness.as_json()
    message, fix = _words(document, way)
    return RULE.finding(
        f"{named(statement)} {message}",
        _place(way),
        statement=statement,
        evidence=evidence,
        fix=fix,
        blocking=way.reason is not Reason.UNCHECKED_AUDIENCE,
        severity="low" if way.reason is Reason.UNCHECKED_AUDIENCE else "",
    )


def _place(way: WayIn) -> str:
    """The pointer to what lets the stranger in: the condition on a token's claim, or the principal."""
    statement = way.statement
    if way.reason is Reason.SOURCE:
        source = next((one for one in statement.conditions if one.key.startswith("aws:source")), None)
        return statement.at_condition(source) if source else statement.at("Principal")
    claim = _CLAIMS.get(way.reason)
    if claim:
        key = f"{way.principal.name}:{claim}".lower()
        for condition in statement.conditions:
            if condition.key == key:
                return statement.at_condition(condition)
    return statement.at("NotPrincipal" if statement.not_principals else "Principal")


_CLAIMS = {Reason.SUBJECT: "sub", Reason.AUDIENCE: "aud"}


def _words(document: Document, way: WayIn) -> tuple[str, str]:
    """What to say of a way in, and the smallest change that closes it."""
    principal = way.principal
    if way.reason is Reason.TOO_COMPLEX:
        return "is too complex to be judged, and so is refused", "split the statement, or use fewer wildcards"
    if way.reason is Reason.SUBJECT:
        return (
            f"lets in tokens of {principal.name} {_with(way, 'sub')}, which is not trusted",
            f'require "{principal.name}:sub" to equal one of the trusted subjects',
        )
    if way.reason in (Reason.AUDIENCE, Reason.UNCHECKED_AUDIENCE):
        return (
            f"lets in tokens of {principal.name} {_with(way, 'aud')}",
            f'require "{principal.name}:aud" to equal the trusted audience',
        )
    if way.reason is Reason.SOURCE:
        return (
            f"lets {principal.text} act {_for_whom(way)}, which is not trusted",
            "name a source of your own, or add its account to trusted_accounts (its organization to"
            " trusted_organizations)",
        )
    if way.statement.not_principals:
        return "lets in everyone but those named in NotPrincipal", "name in Principal whom you trust"
    gets = "get a session of the role" if document.kind is DocumentKind.TRUST else "use the resource"
    return f"lets {_who(way)} {gets}", _closing(way)


def _with(way: WayIn, claim: str) -> str:
    """The claim of the witness, in words."""
    name = {"sub": "subject", "aud": "audience"}[claim]
    if way.witness is None:
        return f"with some {name}"
    values = way.witness.context.get(f"{way.principal.name}:{claim}".lower(), ())
    return f'with the {name} "{values[0]}"' if values else f"whatever their {name}"


def _for_whom(way: WayIn) -> str:
    """On whose behalf the service of the witness acts, in words."""
    if way.witness is None:
        return "on behalf of somebody"
    sources = [values[0] for key, values in way.witness.context.items() if key.startswith("aws:source")]
    return f"on behalf of {' and '.join(sources)}"


def _who(way: WayIn) -> str:
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


def _closing(way: WayIn) -> str:
    principal = way.principal
    if principal.kind is Kind.EVERYONE:
        if any(condition.key in _WHO_THEY_ARE for condition in way.statement.conditions):
            return (
                "name the principals, or ask for one of your own organizations, accounts or ARNs by an operator that a"
                " request without the key does not meet, such as StringEquals"
            )
        return 'name the principals, or add "StringEquals": {"aws:PrincipalOrgID": "<your organization>"}'
    if principal.kind is Kind.OIDC:
        return "take it out, or add it to trusted_identity_providers with the subjects you trust"
    if principal.kind is Kind.SAML:
        return "take it out, or add it to trusted_saml_providers"
    if principal.kind is Kind.SERVICE:
        return "take it out, or add it to trusted_services"
    return f'take "{principal.text}" out, or add it to trusted_principals if it is meant'
