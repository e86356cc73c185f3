"""The arguments of the command.

What only a run needs is imported by the run: `--help` and the completion of a shell should come at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pipeline_identity_cli.outcome import Outcome, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    import boto3

    from pipeline_identity_cli.assume import Wanted
    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.sinks import Sink
    from pipeline_identity_cli.stack import Identity, Source
    from pipeline_identity_cli.web_identity.token import Token

_HELP: dict[str, Any] = {
    "help_option_names": ["-h", "--help"],
    "max_content_width": 110,
    "auto_envvar_prefix": "PIPELINE_IDENTITY",
}
_FILE = click.Path(allow_dash=True)


def _named(_: click.Context, __: click.Parameter, file: str | None) -> str | None:
    """A file to write to. An empty name, as of a variable that is not set, must not let secrets go to a log."""
    if file == "":
        raise Stopped("--write names no file", "name one, or leave --write out")
    return file


_Function = TypeVar("_Function", bound="Callable[..., Outcome]")


@click.group(context_settings=_HELP)
@click.version_option(package_name="pipeline-identity-cli", prog_name="pipeline-identity")
@click.option(
    "--config", type=_FILE, metavar="FILE", help="Settings, as TOML. [default: pipeline-identity.toml, if it is here]"
)
@click.pass_context
def cli(context: click.Context, config: str | None) -> None:
    """Use a pipeline's AWS identity in a job, and see that it is as it should be.

    Every option can be set by an environment variable, PIPELINE_IDENTITY_<COMMAND>_<OPTION>, and in the settings file:
    at its top for all commands, or in a table of the command's name. The command line goes first, then the
    environment, then the file.

    Exit code 0: all is well. 1: AWS refused, or something was found. 2: it could not be done. 130: interrupted.
    """
    from pipeline_identity_cli.settings import load

    context.default_map = load(config, cli.commands)


def _outputs(function: _Function) -> _Function:
    """The options that say where a stack's outputs are."""
    for option in (
        click.option("--pipeline", metavar="NAME", help="The pipeline, where the outputs hold several."),
        click.option("--stack", metavar="NAME", help="Ask Pulumi for the outputs of this stack of the current folder."),
        click.option(
            "--outputs", type=_FILE, metavar="FILE", help="The stack's outputs as JSON; - reads standard input."
        ),
    ):
        function = option(function)
    return function


def _aws(function: _Function) -> _Function:
    """The options that say how AWS is reached."""
    for option in (
        click.option("--region", metavar="REGION", help="The AWS region. [default: as the AWS CLI finds it]"),
        click.option("--profile", metavar="NAME", help="The AWS profile. [default: as the AWS CLI finds credentials]"),
    ):
        function = option(function)
    return function


def _source(outputs: str | None, stack: str | None) -> Source:
    from pipeline_identity_cli.stack import Source

    # The file goes first where both are set: it is what can be read without Pulumi.
    return Source(outputs, None if outputs else stack)


@cli.command(short_help="Tell which identity the credentials here are.")
@click.option("--outputs", type=_FILE, metavar="FILE", help="A stack's outputs, to tell which pipeline it is.")
@click.option("--stack", metavar="NAME", help="Ask Pulumi for them.")
@_aws
@click.option("--format", "form", type=click.Choice(["people", "json"]), default="people", show_default=True)
def whoami(outputs: str | None, stack: str | None, profile: str | None, region: str | None, form: str) -> Outcome:
    """Tell which identity the credentials of the standard AWS chain are.

    It needs no permission and changes nothing. With a stack's outputs, it tells which pipeline's user or role it is.
    """
    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.stack import identities
    from pipeline_identity_cli.whoami import ask

    source = _source(outputs, stack)
    caller = ask(Reach(profile, region), identities(source) if source.given else {})
    return Outcome(caller.data() if form == "json" else caller.lines())


@cli.command(short_help="Open a session of the role, for a shell or an SDK.")
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(["sh", "fish", "powershell", "json", "credential_process"]),
    help="The form of the credentials.",
)
@click.option(
    "--write",
    callback=_named,
    type=_FILE,
    metavar="FILE",
    help="Write them to this file, mode 0600, and print nothing.",
)
@click.option("--role-arn", metavar="ARN", help="The role, where there are no outputs of its stack.")
@_outputs
@click.option("--duration", type=int, metavar="SECONDS", help="900 to 43200. [default: the role's maximum, else 3600]")
@click.option("--session-name", metavar="NAME", help="What CloudTrail shows. [default: as the outputs say]")
@click.option("--external-id", metavar="ID", help="The external id that the trust asks for. [default: as they say]")
@click.option("--source-identity", metavar="NAME", help="Who is behind the session.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A session tag; may be given several times.")
@click.option("--token-file", metavar="FILE", help="Start from the CI system's token in this file, not from keys.")
@click.option("--token-env", metavar="NAME", help="Start from the token in this environment variable.")
@click.option(
    "--token-from", type=click.Choice(["github", "azure-devops"]), help="Start from a token that this system gives."
)
@click.option("--audience", metavar="TEXT", help="The audience to ask GitHub for. [default: the one the role trusts]")
@click.option(
    "--service-connection", metavar="ID", help="Azure DevOps: whose token to ask for. [default: the job's own]"
)
@click.option(
    "--settle",
    type=click.FloatRange(0, 600),
    default=15,
    show_default=True,
    metavar="SECONDS",
    help="Try again so long while IAM may not have settled.",
)
@_aws
def assume(
    form: str, write: str | None, profile: str | None, region: str | None, settle: float, **asked: Any
) -> Outcome:
    """Open a session of the pipeline's role, with the credentials of the standard AWS chain or a CI system's token.

    Where the outputs say that the role takes tokens alone, the job's token is looked for: AWS_WEB_IDENTITY_TOKEN_FILE,
    GitHub's, Azure DevOps's, CircleCI's, Bitbucket's. A token that AWS would refuse is refused before it is asked.

    \b
    In a shell:         eval "$(pipeline-identity assume --format sh --role-arn ARN)"
    In PowerShell:      pipeline-identity assume --format powershell --role-arn ARN | Out-String | Invoke-Expression
    In an AWS profile:  credential_process = pipeline-identity assume --format credential_process --role-arn ARN

    The credentials go to standard output, in the form that you name: take care that no log keeps them.
    """  # noqa: D301 - click reads the escape
    from pipeline_identity_cli import private_file
    from pipeline_identity_cli.assume import assume as opened
    from pipeline_identity_cli.assume import assume_with
    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.exports import FORMS

    of = _asked_identity(asked["role_arn"], asked["outputs"], asked["stack"], asked["pipeline"])
    wanted = _wanted(of, **asked)
    wanted.check()
    token = _token(of, profile, **asked)
    if token:
        wanted.check_token(asked["external_id"])
    reach = Reach(profile, region)
    session = assume_with(token, wanted, reach, settle) if token else opened(wanted, reach, settle)
    text = FORMS[form](session)
    if write:
        private_file.write(write, text)
    return Outcome("" if write else text)


def _asked_identity(role_arn: str | None, outputs: str | None, stack: str | None, pipeline: str | None) -> Identity:
    """The identity that the options name, which may be a role's ARN alone."""
    from pipeline_identity_cli.stack import Identity, identity

    source = _source(outputs, stack)
    if role_arn:
        return Identity("", role_arn, session_name=_named_after(role_arn), max_session_duration=0)
    if not source.given:
        raise Stopped("which role to assume is open", "name it with --role-arn, or with --outputs or --stack")
    return identity(source, pipeline)


def _token(
    of: Identity,
    profile: str | None,
    *,
    token_file: str | None,
    token_env: str | None,
    token_from: str | None,
    audience: str | None,
    service_connection: str | None,
    **_: object,
) -> Token | None:
    from pipeline_identity_cli.web_identity.job import token_for
    from pipeline_identity_cli.web_identity.sources import Asked

    asked = Asked(token_file, token_env, token_from, audience, service_connection)
    return token_for(of, asked, other_credentials=profile is not None)


def _wanted(
    of: Identity,
    *,
    duration: int | None,
    session_name: str | None,
    external_id: str | None,
    source_identity: str | None,
    tags: tuple[str, ...],
    **_: object,
) -> Wanted:
    from pipeline_identity_cli.assume import Wanted
    from pipeline_identity_cli.stack import LONGEST

    return Wanted(
        role_arn=of.role_arn,
        session_name=session_name or of.session_name,
        duration=of.max_session_duration or 3600 if duration is None else duration,
        external_id=external_id or of.external_id,
        source_identity=source_identity,
        tags=_pairs(tags),
        longest=of.max_session_duration or LONGEST,
    )


def _named_after(role_arn: str) -> str:
    name = re.sub(r"[^\w+=,.@-]", "", role_arn.rpartition("/")[2], flags=re.ASCII)
    return name[:64] if len(name) > 1 else "pipeline"


def _pairs(tags: tuple[str, ...]) -> dict[str, str]:
    split = [one.partition("=") for one in tags]
    pairs = {key: value for key, _, value in split}
    if len(pairs) < len(tags) or not all(between for _, between, _ in split):
        raise Stopped("the session tags cannot be used", "write each as KEY=VALUE, each key once")
    return pairs


@cli.command(short_help="Write what a CI system needs, ready to paste.")
@click.option(
    "--for",
    "system",
    required=True,
    type=click.Choice(
        [
            "profile",
            "credential-process",
            "github",
            "gitlab",
            "bitbucket",
            "circleci",
            "jenkins",
            "azure-devops",
            "esc",
            "sh",
        ]
    ),
    help="Where it is pasted.",
)
@_outputs
@click.option("--region", required=True, metavar="REGION", help="The AWS region that the job works in.")
@click.option("--duration", type=int, metavar="SECONDS", help="900 to 43200. [default: the role's maximum]")
@click.option("--session-name", metavar="NAME", help="What CloudTrail shows. [default: as the outputs say]")
@click.option("--external-id", metavar="ID", help="The external id that the trust asks for. [default: as they say]")
@click.option("--source-identity", metavar="NAME", help="Who is behind the session.")
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="A session tag; may be given several times.")
@click.option("--start", type=click.Choice(["keys", "token"]), help="What the job starts from. [default: keys, if any]")
@click.option("--audience", metavar="TEXT", help="The audience of the token. [default: the one that the role trusts]")
@click.option(
    "--service-connection", metavar="ID", help="Azure DevOps: whose token to ask for. [default: the job's own]"
)
@click.option("--with-keys", is_flag=True, help="Write the keys into a profile; to a terminal or with --write only.")
@click.option(
    "--write", callback=_named, type=_FILE, metavar="FILE", help="Write it to this file, mode 0600, and print nothing."
)
def snippet(
    system: str,
    region: str,
    start: str | None,
    audience: str | None,
    service_connection: str | None,
    with_keys: bool,
    write: str | None,
    **asked: Any,
) -> Outcome:
    """Write a piece of configuration with which a system's jobs open the pipeline's session.

    Keys are named as the system's secrets, and not shown.
    """
    import dataclasses

    from pipeline_identity_cli import private_file
    from pipeline_identity_cli.snippets import SYSTEMS
    from pipeline_identity_cli.snippets.wish import Wish
    from pipeline_identity_cli.stack import identity
    from pipeline_identity_cli.web_identity.trust import trusted

    source = _source(asked["outputs"], asked["stack"])
    source = dataclasses.replace(source, show_secrets=with_keys)
    if not source.given:
        raise Stopped("which pipeline it is for is open", "hand over its stack's outputs with --outputs or --stack")
    if not re.fullmatch(r"[a-z0-9-]+", region):
        raise Stopped(f"--region {region[:40]!r} is no region", "write it like eu-west-1")
    of = identity(source, asked["pipeline"])
    wanted = _wanted(of, **asked)
    wanted.check()
    from_keys = of.has_keys if start is None else start == "keys"
    keys = _keys_to_show(of, system, write) if with_keys else None
    statements = trusted(of.trust_policy)
    text = SYSTEMS[system](Wish(of.name, wanted, region, from_keys, statements, audience, service_connection, keys))
    if write:
        private_file.write(write, text)
    return Outcome("" if write else text)


def _keys_to_show(of: Identity, system: str, write: str | None) -> tuple[str, str]:
    import sys

    if system not in ("profile", "credential-process"):
        raise Stopped(f"keys do not belong into a file of {system}", "leave --with-keys out: they are its secrets")
    if not write and not sys.stdout.isatty():
        raise Stopped("keys are shown on a terminal only", "name a file with --write: it gets mode 0600")
    if not of.access_key_id or not of.secret_access_key:
        fix = "write them with: pulumi stack output pipelines --json --show-secrets"
        raise Stopped("the outputs do not show the keys", fix)
    return of.access_key_id, of.secret_access_key


@cli.command("scan-state", short_help="Look for plain key material in states, plans, logs and folders.")
@click.argument("paths", nargs=-1, required=True, type=_FILE)
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave files or folders out of the folders named.")
@click.option("--git-history", is_flag=True, help="Read the history of Git of the folders named, too.")
@click.option("--baseline", type=_FILE, metavar="FILE", help="Leave alone what this file knows already.")
@click.option("--update-baseline", is_flag=True, help="Write what is found into the file of --baseline.")
@click.option("--format", "form", type=click.Choice(["text", "json", "sarif"]), default="text", show_default=True)
def scan_state(
    paths: tuple[str, ...],
    exclude: tuple[str, ...],
    git_history: bool,
    baseline: str | None,
    update_baseline: bool,
    form: str,
) -> Outcome:
    """Look for plain key material in PATHS: a state, a plan, a log, an archive, a folder, or - for standard input.

    The report names the place and the key id beside it, and never shows the secret. Found are secret access keys,
    session tokens, SMTP passwords made from keys, API keys of Amazon Bedrock, private keys, and tokens of CI systems,
    Pulumi, GitHub and GitLab: also in base64, in JSON within JSON, and in archives. Encrypted secrets are left alone,
    and so are the example keys of AWS's documentation and lines that hold the words "scan-state: allow".

    Exit code 0: nothing was found. 1: something was. 2: something could not be read.
    """
    from pipeline_identity_cli.scan import Options, scan

    return scan(Options(paths, exclude, git_history, baseline, update_baseline, form))


@cli.command(short_help="Prove that IAM has what the stack declared, and nothing more.")
@_outputs
@click.option("--workers", type=click.IntRange(1, 64), default=8, show_default=True, help="How many at once.")
@click.option(
    "--managed-policy", "managed", multiple=True, metavar="ARN", help="A managed policy that each role has on purpose."
)
@click.option("--keys-outside", is_flag=True, help="Where the stack has no keys, they are made outside it.")
@click.option("--probes", type=_FILE, metavar="FILE", help="Calls that must be allowed or denied, as TOML or YAML.")
@click.option("--live", is_flag=True, help="Open sessions with the users' keys, too, and throw them away.")
@click.option("--format", "form", type=click.Choice(["table", "json", "junit"]), default="table", show_default=True)
@_aws
def verify(
    outputs: str | None,
    stack: str | None,
    pipeline: str | None,
    workers: int,
    managed: tuple[str, ...],
    keys_outside: bool,
    probes: str | None,
    live: bool,
    form: str,
    profile: str | None,
    region: str | None,
) -> Outcome:
    """Hold the deployed identities against what their stack declared: all pipelines, or the one that is named.

    It only reads IAM; a call that could change something cannot leave it. The credentials must be allowed to read
    IAM: take the AWS policy IAMReadOnlyAccess, not the pipeline's own key. What the policies found there allow is
    probed, without trying it: what was declared must be allowed, dangerous calls must not, and what --probes says.

    Exit code 0: all is as declared. 1: something is not. 2: something could not be seen.
    """
    import dataclasses

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.stack import chosen, read
    from pipeline_identity_cli.verify import probe_file
    from pipeline_identity_cli.verify.checks import OnPurpose
    from pipeline_identity_cli.verify.run import verify as verified

    source = dataclasses.replace(_source(outputs, stack), show_secrets=live)
    if not source.given:
        raise Stopped("what to verify is open", "hand over the stack's outputs with --outputs or --stack")
    told = read(source)
    wanted = [chosen(told.identities, pipeline)] if pipeline else list(told.identities.values())
    own = probe_file.read(probes, told.identities) if probes else {}
    purpose = OnPurpose(managed, keys_outside)
    hidden = () if pipeline else told.hidden
    report = verified(wanted, Reach(profile, region), workers, purpose, own, live=live, hidden=hidden)
    if form == "table":
        return Outcome(report.table(color=_shows_color()), report.code)
    return Outcome(report.data() if form == "json" else report.junit(), report.code)


@cli.command(short_help="Tell why a call would be allowed or refused, statement by statement.")
@click.argument("action")
@click.argument("resource", default="*")
@click.option("--principal-arn", metavar="ARN", help="Who would call. [default: the credentials here]")
@click.option("--context", "pairs", multiple=True, metavar="KEY=VALUE", help="A condition key that the call carries.")
@click.option("--absent", multiple=True, metavar="KEY", help="A condition key that the call lacks.")
@click.option("--session-policy", type=_FILE, metavar="FILE", help="The policy that the session was opened with.")
@click.option("--scp", multiple=True, type=_FILE, metavar="PATH", help="A level's service control policies.")
@click.option("--resource-policy", type=_FILE, metavar="FILE", help="The policy of RESOURCE; of a role, its trust.")
@click.option("--resource-account", metavar="ID", help="The account of RESOURCE. [default: as its ARN says, or yours]")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@_aws
def explain(
    action: str,
    resource: str,
    principal_arn: str | None,
    profile: str | None,
    region: str | None,
    form: str,
    **asked: Any,
) -> Outcome:
    """Tell whether AWS would allow ACTION on RESOURCE, and why: what each statement of each policy says to it.

    The identity's own, group and managed policies, its boundary, and the trust policy of a role are read from IAM; the
    others are taken from files. A condition key that was neither given nor said to be absent is not known, unless AWS
    sets it for this caller; what depends on it can't be told, and counts as not allowed.

    \b
    pipeline-identity explain s3:GetObject arn:aws:s3:::site/index.html --principal-arn ROLE_ARN --profile auditor
    pipeline-identity explain sts:AssumeRole ROLE_ARN --context sts:ExternalId=acme-4711

    --scp names a file or a folder for each level of the organisation, from its root down to the account.

    Exit code 0: allowed. 1: refused. 2: it can't be told.
    """  # noqa: D301 - click reads the escape
    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.explain import asked as questions
    from pipeline_identity_cli.explain.run import explain as explained

    context = questions.context(asked["pairs"])
    question = questions.Asked(
        action,
        resource,
        principal_arn,
        context,
        questions.absent(asked["absent"], context),
        asked["resource_account"],
        questions.policy("--resource-policy", asked["resource_policy"]) if asked["resource_policy"] else None,
        questions.policy("--session-policy", asked["session_policy"]) if asked["session_policy"] else None,
        questions.levels(asked["scp"]),
    )
    question.check()
    report = explained(question, Reach(profile, region))
    return Outcome(report.table(color=_shows_color()) if form == "table" else report.data(), report.code)


@cli.command(short_help="Replace a user's key that is made outside Pulumi.")
@click.option("--user", metavar="NAME", help="The user, where there are no outputs of its stack.")
@_outputs
@click.option("--secret", metavar="NAME", help="The sink: a secret of Secrets Manager, which must be there.")
@click.option("--parameter", metavar="NAME", help="The sink: a SecureString parameter of Systems Manager.")
@click.option("--put-command", metavar="COMMAND", help="The sink: a command that reads the key from standard input.")
@click.option("--get-command", metavar="COMMAND", help="With it: a command that prints the key, or nothing.")
@click.option("--keep-old", is_flag=True, help="Leave the old key active; the next run turns it off.")
@click.option("--delete-old", is_flag=True, help="Only delete the old key, which must be inactive.")
@click.option(
    "--settle",
    type=click.FloatRange(0, 600),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long a new key may be unknown to AWS.",
)
@_aws
def rotate(
    user: str | None,
    outputs: str | None,
    stack: str | None,
    pipeline: str | None,
    keep_old: bool,
    delete_old: bool,
    settle: float,
    profile: str | None,
    region: str | None,
    **sink: str | None,
) -> Outcome:
    """Replace the key of a pipeline's user, for the component's mode `outside`.

    A new key is made, put into the sink as JSON (accessKeyId, secretAccessKey), and seen to work; then the old one is
    made inactive. Later, when nobody has missed it, --delete-old deletes it. A run may be interrupted anywhere: the
    next one goes on, and no key is turned off before the one in the sink has been seen to work.

    The credentials must be allowed to manage the user's keys and to read and write the sink.
    """
    import sys

    from pipeline_identity_cli.aws import Reach
    from pipeline_identity_cli.rotate import Rotation

    source = _source(outputs, stack)
    if user is None and source.given:
        of = _asked_identity(None, outputs, stack, pipeline)
        if of.key_ids:
            # The stack would find its key inactive, and no room for the next one.
            raise Stopped(f"the stack makes the keys of {of.name}", "replace them there, by keys.rotation")
        user = (of.user_arn or "").rpartition("/")[2]
    if not user:
        raise Stopped("whose key to replace is open", "name the user with --user, or its stack's outputs")
    session = _session(Reach(profile, region))

    def say(done: str) -> None:
        sys.stderr.write(f"pipeline-identity: {done}\n")

    Rotation(session, user, _sink(session, **sink), settle, say).advance(keep_old=keep_old, delete_old=delete_old)
    return Outcome()


def _session(reach: Reach) -> boto3.Session:
    from pipeline_identity_cli import refusals

    try:
        return reach.session()
    except Exception as error:
        raise refusals.stopped(error) from None


def _sink(
    session: boto3.Session,
    *,
    secret: str | None,
    parameter: str | None,
    put_command: str | None,
    get_command: str | None,
) -> Sink:
    from pipeline_identity_cli.sinks import Commands, ParameterStore, SecretsManager

    if bool(put_command) != bool(get_command):
        raise Stopped("a sink of commands needs both", "give --put-command and --get-command")
    if sum(map(bool, (secret, parameter, put_command))) != 1:
        raise Stopped("one sink is needed", "give --secret, --parameter, or --put-command with --get-command")
    if secret:
        return SecretsManager(session, secret)
    return ParameterStore(session, parameter) if parameter else Commands(get_command or "", put_command or "")


def _shows_color() -> bool:
    """Whether to write colors: on terminals, unless NO_COLOR is set (no-color.org)."""
    import os
    import sys

    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
