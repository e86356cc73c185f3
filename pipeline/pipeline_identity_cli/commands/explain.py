"""`explain`: why a call would be allowed or denied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity_cli.options import FILE, AwsOptions, ColorOptions, Command, argument, format_option, option
from pipeline_identity_cli.outcome import Outcome, Stopped, shown

if TYPE_CHECKING:
    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.explain.asked import Asked
    from pipeline_identity_cli.explain.denials import Denial


@dataclass(frozen=True, kw_only=True)
class Options(ColorOptions, AwsOptions):
    """The options of `explain`."""

    action: str | None = argument(required=False)
    resource: str | None = argument(required=False)
    error: str | None = option(
        "--error",
        metavar="TEXT",
        help="The text with which AWS denied a call, encoded or not; - reads standard input.",
        multiline=True,
    )
    event: str | None = option(
        "--event",
        kind=FILE,
        metavar="FILE",
        help="The event of CloudTrail about a denied call; - reads standard input.",
    )
    principal_arn: str | None = option(
        "--principal-arn", metavar="ARN", help="Who would call. [default: the credentials here]"
    )
    pairs: tuple[str, ...] = option(
        "--context", multiple=True, metavar="KEY=VALUE", help="A condition key that the call carries."
    )
    absent: tuple[str, ...] = option(
        "--absent", multiple=True, metavar="KEY", help="A condition key that the call lacks."
    )
    token_file: str | None = option(
        "--token-file",
        kind=FILE,
        metavar="FILE",
        help="The token that would be shown to the role RESOURCE.",
        steers=True,
    )
    session_policy: str | None = option(
        "--session-policy", kind=FILE, metavar="FILE", help="The policy that the session was opened with."
    )
    scp: tuple[str, ...] = option(
        "--scp", multiple=True, kind=FILE, metavar="PATH", help="A level's service control policies."
    )
    rcp: tuple[str, ...] = option(
        "--rcp", multiple=True, kind=FILE, metavar="PATH", help="Resource control policies, a file or a folder."
    )
    identity_policy: tuple[str, ...] = option(
        "--identity-policy", multiple=True, kind=FILE, metavar="FILE", help="A policy of the caller; AWS is not asked."
    )
    boundary: str | None = option(
        "--boundary", kind=FILE, metavar="FILE", help="With it: the caller's permissions boundary."
    )
    resource_policy: str | None = option(
        "--resource-policy", kind=FILE, metavar="FILE", help="The policy of RESOURCE; of a role, its trust."
    )
    resource_account: str | None = option(
        "--resource-account", metavar="ID", help="The account of RESOURCE. [default: as its ARN says, or yours]"
    )
    new_action: bool = option("--new-action", flag=True, help="AWS has ACTION, though the catalogue does not know it.")
    format: str = format_option("text", "json", earlier={"table": "text"})


def explain(options: Options) -> Outcome:
    """Explain whether AWS would allow ACTION on RESOURCE, and why: what each statement of each policy says to it.

    The identity's own, group and managed policies, its boundary, the trust policy of a role, and the policies of many
    resources are read from AWS; the others are taken from files. With --identity-policy, AWS is not asked at all. A
    condition key that was neither given nor said to be absent is not known, unless AWS sets it for this caller; what
    depends on it is unknown, and counts as not allowed.

    \b
    pipeline-identity explain s3:GetObject arn:aws:s3:::site/index.html --principal-arn ROLE_ARN --profile auditor
    pipeline-identity explain sts:AssumeRole ROLE_ARN --context sts:ExternalId=acme-4711
    pipeline-identity explain sts:AssumeRoleWithWebIdentity ROLE_ARN --token-file token --resource-policy trust.json
    pipeline-identity explain --error "User: arn:aws:iam::... is not authorized to perform: ..."
    pipeline-identity explain --event event.json

    --scp names a file or a folder for each level of the organization, from its root down to the account.

    Exit code 0: allowed. 1: denied. 2: unknown, or there is no answer.
    """  # noqa: D301 - click reads the escape
    from iam_guardrails.terminal import shows_color

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.explain.run import explain as explained
    from pipeline_identity_cli.terminal import width

    reach = Reach.of(options)
    report = explained(_question(options, reach).checked(), reach)
    if options.format == "json":
        return Outcome(report.data(), report.code)
    return Outcome(report.text(color=shows_color(options.color), width=width()), report.code)


def _question(options: Options, reach: Reach) -> Asked:
    from pipeline_identity_cli.explain import asked as questions

    denial = _denial(options, reach)
    action = options.action or (denial.action if denial else None)
    if action is None:
        fix = "name an ACTION, or hand over --error or --event"
        raise Stopped("no call is named", fix, kind="usage")
    if denial and action.lower() != denial.action.lower():
        problem = f"ACTION is {shown(action, 80)}, and the call that AWS denied is {shown(denial.action, 80)}"
        raise Stopped(problem, "leave ACTION out, or --error and --event", kind="usage")
    context = questions.context(options.pairs)
    told = dict(denial.context) if denial else dict[str, tuple[str, ...]]()
    principal = options.principal_arn or (denial.principal_arn if denial else None)
    if options.token_file:
        bearer, claims = questions.bearer(options.token_file, options.resource)
        principal, told = principal or bearer, told | claims
    identity = [questions.policy("--identity-policy", file) for file in options.identity_policy]
    return questions.Asked(
        action,
        options.resource or (denial.resource if denial else None),
        principal,
        {**told, **context},
        questions.absent(options.absent, context),
        options.resource_account,
        questions.policy("--resource-policy", options.resource_policy) if options.resource_policy else None,
        questions.policy("--session-policy", options.session_policy) if options.session_policy else None,
        questions.levels(options.scp),
        [one for level in questions.levels(options.rcp, "--rcp") for one in level],
        identity or None,
        questions.policy("--boundary", options.boundary) if options.boundary else None,
        options.new_action,
        denial.said if denial else "",
    )


def _denial(options: Options, reach: Reach) -> Denial | None:
    from pipeline_identity_cli.explain import denials

    if options.error and options.event:
        raise Stopped("--error and --event cannot be had together", "leave one out", kind="usage")
    if options.error:
        return denials.from_text(options.error, reach)
    return denials.from_event(options.event) if options.event else None


COMMAND = Command(
    "explain", Options, explain, short_help="Explain why a call would be allowed or denied, statement by statement."
)
