"""`permissions`: what a deployment needs, from its own preview, plan or state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline_identity_cli.options import FILE, AwsOptions, Command, PipelineOptions, argument, format_option, option
from pipeline_identity_cli.outcome import Outcome, Stopped

if TYPE_CHECKING:
    from pipeline_identity_cli.permissions.asked import Asked


@dataclass(frozen=True, kw_only=True)
class Options(PipelineOptions, AwsOptions):
    """The options of `permissions`."""

    files: tuple[str, ...] = argument(kind=FILE, many=True, required=False)
    account: str | None = option(
        "--account", metavar="ID", help="The account deployed to. [default: as the files say, else *]"
    )
    partition: str = option("--partition", metavar="NAME", default="aws", help="Its partition.", show_default=True)
    planned: bool = option(
        "--planned", flag=True, help="Only what the steps of the preview call, not all that the resources ever need."
    )
    assumed: str | None = option(
        "--assumed-role", metavar="ARN", help="What a role needs that a provider assumes, not the pipeline's own."
    )
    state_backend: str | None = option(
        "--state-backend", metavar="URL", help="Add what Pulumi's state needs, such as s3://acme-state."
    )
    secrets_provider: str | None = option(
        "--secrets-provider", metavar="URL", help="Add what Pulumi's secrets need, such as awskms://alias/pulumi."
    )
    events: tuple[str, ...] = option(
        "--from-events", multiple=True, kind=FILE, metavar="FILE", help="What CloudTrail saw: files or lookup-events."
    )
    role_arn: str | None = option(
        "--role-arn", metavar="ARN", help="The deployed role of --check, or whose events count.", steers=True
    )
    why: str | None = option("--why", metavar="ACTION", help="Who asks for an action, and why.")
    check: bool = option("--check", flag=True, help="Whether the role has what is needed: --role-arn, --outputs, ...")
    policies: tuple[str, ...] = option(
        "--policy", multiple=True, kind=FILE, metavar="FILE", help="With --check: a policy of the role."
    )
    boundary: str | None = option(
        "--boundary", kind=FILE, metavar="FILE", help="With --check and --policy: the role's boundary."
    )
    scp: tuple[str, ...] = option(
        "--scp", multiple=True, kind=FILE, metavar="PATH", help="With --check: a level's service control policies."
    )
    boundary_arn: str | None = option(
        "--made-with-boundary", metavar="ARN", help="The boundary that roles and users must have that the stack makes."
    )
    patch: str | None = option(
        "--patch", kind=FILE, metavar="FILE", help="A Pulumi.<env>.yaml: write a patch of it. Needs --pipeline."
    )
    format: str = format_option("text", "json", "policy", "permissions", "python", "boundary", "made-boundary", "roles")


def permissions(options: Options) -> Outcome:
    """Say which IAM permissions a deployment needs, from FILES: what Pulumi writes about it; - is standard input.

    \b
    pulumi preview --json --show-sames > preview.json
    pipeline-identity permissions preview.json --account 111122223333
    pipeline-identity permissions preview.json state.json --format policy > policy.json
    pipeline-identity permissions preview.json --check --planned --outputs outputs.json --pipeline site

    A file is a preview (--json), a plan (--save-plan), a state (pulumi stack export), or the debug log of a run
    (PULUMI_DEBUG_GRPC=FILE), which alone says which functions (getX) the program calls. Several files count together.
    AWS is not asked, except by --check with --role-arn.

    Exit code 0: as asked. 1: --check found that something lacks. 2: --check could not tell, or there is no answer.
    """  # noqa: D301 - click reads the escape
    from pipeline_identity_cli.permissions import forms, report
    from pipeline_identity_cli.permissions.run import gathered

    found = gathered(_asked(options))
    if options.check:
        from pipeline_identity_cli.permissions.check import checked

        lacking = checked(found, options)
        return Outcome(lacking.data() if options.format == "json" else lacking.text(), lacking.code)
    if options.why:
        return Outcome(report.why(found, options.why, as_json=options.format == "json"))
    if options.patch:
        return Outcome(forms.patch(found, options.patch, options.pipeline))
    if options.format in ("text", "json"):
        return Outcome(report.data(found) if options.format == "json" else report.text(found))
    report.warn(found)
    return Outcome(forms.FORMS[options.format](found))


def _asked(options: Options) -> Asked:
    from pipeline_identity_cli.permissions.asked import Asked

    if options.check and not options.files:
        raise Stopped("--check needs a FILE", "hand over the output of: pulumi preview --json", kind="usage")
    if not options.files and not options.events:
        fix = "hand over the output of pulumi preview --json, or --from-events"
        raise Stopped("no FILE is named", fix, kind="usage")
    return Asked(
        options.files,
        options.account,
        options.region,
        options.partition,
        options.planned,
        options.assumed,
        options.state_backend,
        options.secrets_provider,
        options.events,
        options.role_arn,
        options.boundary_arn,
    )


COMMAND = Command(
    "permissions", Options, permissions, short_help="Say which permissions a deployment needs, from its preview."
)
