"""`explain`: why a call would be allowed or denied."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline_identity_cli.options import FILE, AwsOptions, ColorOptions, Command, argument, format_option, option
from pipeline_identity_cli.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class Options(ColorOptions, AwsOptions):
    """The options of `explain`."""

    action: str = argument()
    resource: str = argument(required=False, default="*")
    principal_arn: str | None = option(
        "--principal-arn", metavar="ARN", help="Who would call. [default: the credentials here]"
    )
    pairs: tuple[str, ...] = option(
        "--context", multiple=True, metavar="KEY=VALUE", help="A condition key that the call carries."
    )
    absent: tuple[str, ...] = option(
        "--absent", multiple=True, metavar="KEY", help="A condition key that the call lacks."
    )
    session_policy: str | None = option(
        "--session-policy", kind=FILE, metavar="FILE", help="The policy that the session was opened with."
    )
    scp: tuple[str, ...] = option(
        "--scp", multiple=True, kind=FILE, metavar="PATH", help="A level's service control policies."
    )
    resource_policy: str | None = option(
        "--resource-policy", kind=FILE, metavar="FILE", help="The policy of RESOURCE; of a role, its trust."
    )
    resource_account: str | None = option(
        "--resource-account", metavar="ID", help="The account of RESOURCE. [default: as its ARN says, or yours]"
    )
    format: str = format_option("text", "json", earlier={"table": "text"})


def explain(options: Options) -> Outcome:
    """Explain whether AWS would allow ACTION on RESOURCE, and why: what each statement of each policy says to it.

    The identity's own, group and managed policies, its boundary, and the trust policy of a role are read from IAM; the
    others are taken from files. A condition key that was neither given nor said to be absent is not known, unless AWS
    sets it for this caller; what depends on it can't be told, and counts as not allowed.

    \b
    pipeline-identity explain s3:GetObject arn:aws:s3:::site/index.html --principal-arn ROLE_ARN --profile auditor
    pipeline-identity explain sts:AssumeRole ROLE_ARN --context sts:ExternalId=acme-4711

    --scp names a file or a folder for each level of the organisation, from its root down to the account.

    Exit code 0: allowed. 1: denied. 2: it can't be told.
    """  # noqa: D301 - click reads the escape
    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.explain import asked as questions
    from pipeline_identity_cli.explain.run import explain as explained
    from pipeline_identity_cli.terminal import shows_color

    context = questions.context(options.pairs)
    question = questions.Asked(
        options.action,
        options.resource,
        options.principal_arn,
        context,
        questions.absent(options.absent, context),
        options.resource_account,
        questions.policy("--resource-policy", options.resource_policy) if options.resource_policy else None,
        questions.policy("--session-policy", options.session_policy) if options.session_policy else None,
        questions.levels(options.scp),
    )
    question.check()
    report = explained(question, Reach.of(options))
    text = report.table(color=shows_color(options.color)) if options.format == "text" else report.data()
    return Outcome(text, report.code)


COMMAND = Command(
    "explain", Options, explain, short_help="Explain why a call would be allowed or denied, statement by statement."
)
