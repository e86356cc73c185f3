"""Whether a role's trust takes a token, and if not, which claim is to be corrected.

Whether a token gets in is for the evaluator of `iam_guardrails` to say. Only what is sure counts: where it cannot tell,
the token may pass, and AWS decides. What AWS reads of a token is its table's to say, too. Sources for what STS makes of
the claims that AWS itself has named: "Pass session tags in AWS STS" in the IAM user guide, and, for the claim with
roles, https://awsteele.com/blog/2026/07/13/oidc-tokens-can-restrict-which-aws-roles-they-assume.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity_cli.outcome import Stopped, one_line
from pipeline_identity_cli.web_identity import claims, hints, trust
from pipeline_identity_cli.web_identity.claims import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_identity_cli.web_identity.token import Token

KIND = "token-not-trusted"
"""The stable id of a token that the role's trust does not take."""
_ASSUME, _TAG, _SET = "sts:AssumeRoleWithWebIdentity", "sts:TagSession", "sts:SetSourceIdentity"
_Context = dict[str, tuple[str, ...]]


def check(token: Token, role_arn: str, trust_policy: str | None) -> None:
    """Reject a token that AWS would reject for this role.

    What is known of the token grows from question to question: its issuer, its audience, its subject, then each claim
    that the trust compares. The first with which the answer is a certain no is the one to correct.

    Args:
        token: The token.
        role_arn: The role.
        trust_policy: The role's trust policy as JSON; where it is not known, only the token's own roles are looked at.

    Raises:
        Stopped: AWS would reject it. The line says what the role trusts instead.
    """
    _check_roles(token, role_arn)
    statements = trust.trusted(trust_policy)
    if statements:
        _Comparison(token, role_arn, str(trust_policy), statements).check()


@dataclass(frozen=True)
class _Comparison:
    """A token and the trust that it is compared with."""

    token: Token
    role_arn: str
    trust_policy: str
    statements: list[trust.Trusted]

    def check(self) -> None:
        """Ask about one claim after the other.

        Raises:
            Stopped: One is a certain no.
        """
        known: list[_Context] = [{}]
        if not self._may_enter(known):
            issuers = [f"https://{one.issuer}" for one in self.statements]
            raise self._rejected("issuer", self.token.issuer, issuers)
        for key in self._keys():
            claim = key.removeprefix(f"{self.token.host}:".lower())
            # A token may be for several parties, and each of them could be the one that is asked for.
            values = (
                [(one,) for one in self.token.audiences] or [()] if claim == "aud" else [claims.value(self.token, key)]
            )
            known = self._may_enter([{**one, key: value} for one in known for value in values])
            if not known and key == claims.AUTHORIZED:
                problem = f"the role takes only tokens that name it in the claim {ROLES}, and this one names none"
                raise Stopped(problem, "let the job ask its CI system for a token for this role", kind=KIND)
            if not known:
                has = " and ".join(text for value in values for text in value)
                what = _NAMES.get(claim) or claim.replace("aws:requesttag/", "session tag ")
                raise self._rejected(what, has, self._wanted(key))
        self._check_what_it_brings(known)

    def _keys(self) -> list[str]:
        """The condition keys to ask about, in small letters: audience, subject, and then as the policy has them."""
        own = f"{self.token.host}:".lower()
        written = trust.condition_keys(self.trust_policy)
        further = [key for key in written if key.startswith((own, "aws:requesttag/")) or key == claims.AUTHORIZED]
        return list(dict.fromkeys((f"{own}aud", f"{own}sub", *further)))

    def _may_enter(self, contexts: list[_Context], action: str = _ASSUME) -> list[_Context]:
        """Those ways to read the token with which the answer is not a certain no."""
        from iam_guardrails.evaluation import Caller, Policies, Policy, Request, UnknownCaller, Verdict, evaluate

        partition, account = (self.role_arn.split(":")[place] for place in (1, 4))
        arn = f"arn:{partition}:iam::{account}:oidc-provider/{self.token.host}"
        try:
            caller = Caller.of(arn)
        except UnknownCaller:
            return []
        if self.token.host == "accounts.google.com":
            caller = caller._replace(arn=self.token.host)
        policies = Policies(trust=Policy("trust policy", self.trust_policy))
        return [
            one
            for one in contexts
            if evaluate(Request(caller, action, self.role_arn, one), policies).verdict is not Verdict.REFUSED
        ]

    def _check_what_it_brings(self, known: list[_Context]) -> None:
        """Look at session tags and a source identity, for which a role must be asked by actions of their own.

        Raises:
            Stopped: The role does not allow them.
        """
        tags = claims.tags(self.token.said)
        if tags:
            brought = claims.of_tags(self.token.said)
            if not all(self._may_enter([{**one, **brought} for one in known], action) for action in (_ASSUME, _TAG)):
                named = one_line(", ".join(tags), 200)
                fix = "name these keys under session_tags of the entry, or let the job send none"
                raise Stopped(f"the token brings session tags that the role does not take: {named}", fix, kind=KIND)
        if (who := self.token.said.get(claims.SOURCE_IDENTITY)) is not None:
            brought = {"sts:sourceidentity": claims.texts(who)}
            if not all(self._may_enter([{**one, **brought} for one in known], action) for action in (_ASSUME, _SET)):
                problem = f"the token brings a source identity that the role does not take: {one_line(str(who), 80)!r}"
                raise Stopped(problem, "name it under source_identities, or let the job send none", kind=KIND)

    def _wanted(self, key: str) -> list[str]:
        from iam_guardrails.evaluation import compared_values

        if key == f"{self.token.host}:aud".lower():
            return [text for one in self._of_issuer() for text in one.audiences or ()]
        return list(compared_values(self.trust_policy, key))

    def _of_issuer(self) -> list[trust.Trusted]:
        return [one for one in self.statements if one.issuer == self.token.host]

    def _rejected(self, what: str, has: str, instead: Iterable[str]) -> Stopped:
        wanted = list(dict.fromkeys(instead))
        with_it = f"with {what} {one_line(has, 200)!r}" if has or what in _NAMES.values() else f"without {what}"
        problem = f"the role does not trust a token {with_it}"
        trusts = one_line(" or ".join(wanted)) or "others"
        fix = hints.hint(self.token.host, what, has, wanted) or "correct what the job asks for, or the role's trust"
        return Stopped(problem, f"it trusts {trusts}: {fix}", kind=KIND)


_NAMES = {"iss": "issuer", "aud": "audience", "sub": "subject"}
"""What people call the claims that every token has."""


def explained(stopped: Stopped, token: Token, role_arn: str, trust_policy: str | None) -> Stopped:
    """What AWS has said of a token, with the claim behind it where the trust, read afterwards, shows one.

    Args:
        stopped: AWS's answer.
        token: The token.
        role_arn: The role.
        trust_policy: The role's trust policy as JSON; None where it cannot be read.
    """
    try:
        check(token, role_arn, trust_policy)
    except Stopped as found:
        return Stopped(stopped.problem, f"{found.problem}; {found.fix}", stopped.code, stopped.kind)
    return stopped


def _check_roles(token: Token, role_arn: str) -> None:
    """Look at the roles that the issuer lets the token open: STS does so before it looks at any trust.

    Raises:
        Stopped: The role is none of them.
    """
    named: object = token.said.get(ROLES)
    if named is None:
        return
    roles = [part.strip() for one in claims.texts(named) for part in one.split(";")]
    if role_arn not in roles:
        problem = (
            f"the token opens other roles than {role_arn}: its claim {ROLES} names {one_line(' and '.join(roles))}"
        )
        raise Stopped(problem, "let the job ask its CI system for a token for this role", kind=KIND)
