"""A watch's settings: what the component makes of its arguments, before anything exists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from pipeline_identity import _arns as arns
from pipeline_identity import _names as names
from pipeline_identity._documents import Json, document
from pipeline_identity._formats import kms_key, matching, region
from pipeline_identity._life.claims import Name
from pipeline_identity._networks import read_networks
from pipeline_identity._provider_package import refuse_before_version_7
from pipeline_identity._reading.arguments import late, late_inside, mapping
from pipeline_identity._reading.tokens import is_late
from pipeline_identity._settings.entity import read_account
from pipeline_identity.watch.alarms import LARGEST_PATTERN, Alarm, alarms
from pipeline_identity.watch.outside import outside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_identity._reading.arguments import Arguments
    from pipeline_identity.watch.alarms import Facts

IAM_REGIONS = {
    "aws": "us-east-1",
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
}
"""Where each partition's IAM is, and its events: https://docs.aws.amazon.com/general/latest/gr/iam-service.html."""

LONGEST_NAME = 36
"""What the names of rules and topics begin with, in characters: EventBridge takes 64 for a rule."""

_name = matching(
    rf"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}", "is not a name for rules and topics", "use 1 to 36 letters, digits and _ -"
)
_call = matching(
    r"[A-Z][A-Za-z0-9]+", "is not the name of a call", "write it as CloudTrail does, such as GetCallerIdentity"
)
_session_names = matching(
    r"[A-Za-z0-9_+=,.@*-]{1,64}",
    "is not a pattern of session names",
    "use letters, digits, _ + = , . @ - and * for any text",
)
_email = matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "is not an e-mail address", "write it like pipelines@example.com")
_queue = matching(
    r"arn:[a-z-]+:sqs:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,80}",
    "is not the ARN of a queue",
    "write it like arn:aws:sqs:eu-west-1:111122223333:alarms",
)


@dataclass(frozen=True)
class Watched:
    """Who is watched.

    Attributes:
        user_arn: The ARN of the user, if there is one.
        role_arn: The ARN of the role, if there is one in the account that is watched.
        policy_arns: ARNs of the managed policies and boundaries whose change is an alarm.
    """

    user_arn: str | None
    role_arn: str | None
    policy_arns: Sequence[str] = ()


@dataclass(frozen=True)
class WatchSettings:
    """The arguments of a `PipelineWatch`, checked."""

    account: arns.Account
    name: str
    regions: tuple[str, ...]
    facts: Facts
    emails: tuple[str, ...]
    queues: tuple[str, ...]
    kms_keys: dict[str, str]
    tags: dict[str, str]

    @property
    def claimed(self) -> list[Name]:
        """The name that rules and topics have in AWS."""
        return [Name("watch", self.name, self.account, "watch_name")]

    @property
    def iam_region(self) -> str:
        """The region in which IAM's events are."""
        return IAM_REGIONS[self.account.partition]

    @cached_property
    def rules(self) -> dict[str, list[tuple[Alarm, str]]]:
        """The alarms of each region, with their patterns."""
        made = [(alarm, pattern) for alarm in alarms() if (pattern := alarm.event_pattern(self.facts))]
        return {
            region: [(alarm, text) for alarm, text in made if alarm.in_every_region or region == self.iam_region]
            for region in sorted({*self.regions, self.iam_region})
        }

    @property
    def rule_names(self) -> dict[str, list[str]]:
        """The names of the rules, by region."""
        return {region: [self.rule_name(alarm) for alarm, _ in rules] for region, rules in self.rules.items()}

    @property
    def endpoints(self) -> list[tuple[str, str]]:
        """Who is notified: protocol and address of each."""
        return [("email", address) for address in self.emails] + [("sqs", arn) for arn in self.queues]

    def pattern(self, region: str, alarm: Alarm) -> str:
        """The event pattern of one alarm."""
        return next(text for one, text in self.rules[region] if one.name == alarm.name)

    @property
    def topic_name(self) -> str:
        """The name of the topics."""
        return f"{self.name}-alarms"

    def rule_name(self, alarm: Alarm) -> str:
        """The name of an alarm's rules."""
        return f"{self.name}-{alarm.name}"

    def topic_arn(self, region: str) -> str:
        """The ARN of a region's topic, known before it exists."""
        return f"arn:{self.account.partition}:sns:{region}:{self.account.account_id}:{self.topic_name}"

    def topic_policy(self, region: str) -> str:
        """Who may publish to a region's topic: EventBridge.

        EventBridge gives no context to SNS, so a condition would keep its messages out:
        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html. Another customer's rule
        could send here, and nobody else's rule reads.
        """
        statement: dict[str, Json] = {
            "Sid": "EventBridge",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": self.topic_arn(region),
        }
        return document([statement])

    @property
    def protected_arns(self) -> list[str]:
        """What nobody may change who is watched."""
        return protected_arns(self.account, self.name)


def protected_arns(account: arns.Account, watch_name: str) -> list[str]:
    """Returns what nobody may change who is watched: the alarms of a watch, and its topics."""
    where = f"*:{account.account_id}"
    return [
        f"arn:{account.partition}:events:{where}:rule/{watch_name}-*",
        f"arn:{account.partition}:sns:{where}:{watch_name}-alarms",
    ]


def read_watch(arguments: Arguments) -> WatchSettings:
    """Reads `PipelineWatchArgs`; problems are noted with the arguments."""
    account = read_account(arguments)
    watched = _read_watched(arguments, account)
    policies = arguments.texts("policy_arns", late(arns.policy_arn))
    settings = _read_alarms(arguments, account, Watched(*watched, policies), "", {})
    _finish(arguments, settings)
    return settings


def read_identity_watch(
    arguments: Arguments, account: arns.Account, watched: Watched, name: str, tags: dict[str, str]
) -> WatchSettings:
    """Reads `IdentityWatch`; problems are noted with the arguments.

    Args:
        arguments: The arguments of the watch.
        account: The account of the identity.
        watched: Who is watched.
        name: The name of the watch, unless it has one.
        tags: The tags of the watch, unless it has some.
    """
    policies = arguments.texts("policy_arns", late(arns.policy_arn))
    if policies:
        watched = replace(watched, policy_arns=policies)
    settings = _read_alarms(arguments, account, watched, name, tags)
    _finish(arguments, settings)
    return settings


def read_watch_name(arguments: Arguments, default: str) -> str:
    """Reads what the names of rules and topics begin with."""
    return arguments.optional("watch_name", _name, default) if default else _required_name(arguments)


def _required_name(arguments: Arguments) -> str:
    return arguments.required("watch_name", _name, meaning="what the names of rules and topics begin with")


def _read_alarms(
    arguments: Arguments, account: arns.Account, watched: Watched, name: str, tags: dict[str, str]
) -> WatchSettings:
    return WatchSettings(
        account=account,
        name=read_watch_name(arguments, name),
        regions=arguments.texts("regions", region),
        facts=_read_facts(arguments, watched),
        emails=arguments.texts("emails", late(_email)),
        queues=arguments.texts("queues", late(_queue)),
        kms_keys=arguments.optional("kms_keys", late_inside(_keys), dict[str, str]()),
        tags=arguments.optional("tags", late_inside(names.tags), tags),
    )


def _finish(arguments: Arguments, settings: WatchSettings) -> None:
    arguments.no_others()
    refuse_before_version_7(arguments, "regions", "resources with a region of their own")
    if not settings.regions and not arguments.failed:
        arguments.refuse(("regions",), None, "is missing or empty", "list the regions that the pipeline calls")
    if not arguments.failed:
        _refuse_large_patterns(arguments, settings)


def _read_watched(arguments: Arguments, account: arns.Account) -> tuple[str | None, str | None]:
    found: dict[str, str | None] = {}
    for kind, parse in (("user", arns.user_arn), ("role", arns.role_arn)):
        found[kind] = arn = arguments.optional(f"{kind}_arn", late(parse), None)
        if (
            arn
            and account.account_id
            and not is_late(account.account_id + arn)
            and arns.account_of(arn) != account.account_id
        ):
            arguments.refuse((f"{kind}_arn",), arn, "is of another account", "watch it there, with a watch of its own")
    if not any(found.values()) and not arguments.failed:
        arguments.refuse(("role_arn",), None, "and user_arn are missing", "name what is to be watched")
    return found["user"], found["role"]


def _read_facts(arguments: Arguments, watched: Watched) -> Facts:
    found: dict[str, str | list[object]] = {}
    for kind, arn in (("user", watched.user_arn), ("role", watched.role_arn)):
        if arn:
            found |= {f"{kind}_arn": arn, f"{kind}_name": arn.rpartition("/")[2]}
    found["policy_arns"] = list(watched.policy_arns)
    found["expected_calls"] = list(arguments.texts("expected_calls", _call))
    found["session_names"] = list(arguments.texts("session_names", _session_names))
    found["networks"] = list(outside(read_networks(arguments, owners=False)))
    return found


def _refuse_large_patterns(arguments: Arguments, settings: WatchSettings) -> None:
    for alarm, pattern in settings.rules[settings.iam_region]:
        if len(pattern) > LARGEST_PATTERN and not is_late(pattern):
            arguments.refuse(
                ("source_ips",) if "networks" in alarm.needs else ("policy_arns",),
                None,
                f"make an event pattern of {len(pattern)} characters for {alarm.name}, and AWS takes {LARGEST_PATTERN}",
                "name fewer",
            )


def _keys(value: object) -> dict[str, str]:
    return {region(name): late(kms_key)(arn) for name, arn in mapping(value).items()}
