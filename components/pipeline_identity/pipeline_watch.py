"""The component `PipelineWatch`: alarms on what is done with a pipeline's identity, and to it."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import json
from typing import TypedDict

import pulumi
from pulumi_aws import cloudwatch, sns
from typing_extensions import NotRequired

from pipeline_identity._component import Component
from pipeline_identity._life.account import in_account
from pipeline_identity._life.claims import Name, claim
from pipeline_identity._reading.arguments import Arguments
from pipeline_identity._reading.errors import Problems
from pipeline_identity._settings.entity import child_options, with_fixed_id
from pipeline_identity.watch.alarms import Alarm
from pipeline_identity.watch.settings import WatchSettings, read_watch

_SEES_ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


class PipelineWatchArgs(TypedDict):
    """The arguments of a `PipelineWatch`. The account needs a trail that logs management events of all regions."""

    account_id: str
    """The AWS account of user and role: its 12 digits, in quotes."""

    watch_name: str
    """What the names of rules and topics begin with: 1 to 36 letters, digits, `_` and `-`."""

    regions: list[str]
    """The regions that the pipeline calls, STS among others, such as `eu-west-1`. That of IAM is always watched."""

    user_arn: NotRequired[str]
    """The ARN of the pipeline's user. One of `user_arn` and `role_arn` must be given."""

    role_arn: NotRequired[str]
    """The ARN of the pipeline's role."""

    policy_arns: NotRequired[list[str]]
    """ARNs of managed policies and boundaries whose change is an alarm. None by default."""

    expected_calls: NotRequired[list[str]]
    """
    Calls besides `AssumeRole` that jobs make with the user's key, such as `GetCallerIdentity`. They raise no alarm.
    None by default.
    """

    source_ips: NotRequired[list[str]]
    """Public addresses or networks (CIDR) from which the identity is used; elsewhere is an alarm. Any by default."""

    vpc_endpoints: NotRequired[list[str]]
    """VPC endpoints through which the identity is used, besides `source_ips`. None by default."""

    session_names: NotRequired[list[str]]
    """Names of the role's sessions, `*` for any text. A session under another name is an alarm. Any by default."""

    emails: NotRequired[list[str]]
    """E-mail addresses that are told; each confirms a subscription for every region. None by default."""

    queues: NotRequired[list[str]]
    """ARNs of SQS queues that are told. Their policies must let the topics send. None by default."""

    kms_keys: NotRequired[dict[str, str]]
    """ARNs of KMS keys that encrypt the topics, by region. Their policies must let EventBridge in. None by default."""

    partition: NotRequired[str]
    """The account's partition: `aws` (the default), `aws-cn`, `aws-us-gov` or another that AWS runs."""

    tags: NotRequired[dict[str, str]]
    """Tags of rules and topics: at most 50. None by default."""


class PipelineWatch(Component):
    """Alarms on a pipeline's user and role: EventBridge rules that send CloudTrail's records to SNS topics."""

    topic_arns: pulumi.Output[dict[str, str]]
    """The ARNs of the topics to which the alarms go, by region."""

    rule_names: pulumi.Output[dict[str, list[str]]]
    """The names of the rules, by region."""

    protected_arns: pulumi.Output[list[str]]
    """What whoever is watched must not change, for `protected_resources` of a generated boundary. `*` is used."""

    def __init__(self, name: str, args: PipelineWatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declares the alarms.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        problems = Problems()
        arguments = Arguments(args, problems)
        settings = read_watch(arguments)
        claim(f"PipelineWatch {name}", arguments, [Name("watch", settings.name, settings.account, "watch_name")])
        problems.stop_if_any(f"PipelineWatch {name}")
        super().__init__("pipeline-identity:index:PipelineWatch", name, {}, opts)
        made: list[pulumi.Resource] = []
        for region in settings.rules:
            topic = self._topic(name, settings, region, opts)
            made += [topic, *self._subscriptions(name, settings, region, child_options(self, opts, [topic]))]
            for alarm, pattern in settings.rules[region]:
                made.append(self._rule(name, settings, region, (alarm, pattern), child_options(self, opts, [topic])))
        rules = {region: [settings.rule_name(alarm) for alarm, _ in rules] for region, rules in settings.rules.items()}
        topics = {region: settings.topic_arn(region) for region in settings.rules}
        self._tell(made, topic_arns=topics, rule_names=rules)
        self._tell([], protected_arns=settings.protected_arns)
        self._register()

    def _topic(
        self, name: str, settings: WatchSettings, region: str, opts: pulumi.ResourceOptions | None
    ) -> pulumi.Resource:
        topic = sns.Topic(
            f"{name}-alarms-{region}",
            name=settings.topic_name,
            kms_master_key_id=settings.kms_keys.get(region),
            region=region,
            tags=settings.tags,
            opts=in_account(child_options(self, opts), self, settings.account),
        )
        return sns.TopicPolicy(
            f"{name}-alarms-{region}",
            arn=settings.topic_arn(region),
            policy=settings.topic_policy(region),
            region=region,
            opts=with_fixed_id(child_options(self, opts, [topic])),
        )

    def _subscriptions(
        self, name: str, settings: WatchSettings, region: str, options: pulumi.ResourceOptions
    ) -> list[pulumi.Resource]:
        told = [("email", address) for address in settings.emails] + [("sqs", arn) for arn in settings.queues]
        return [
            sns.TopicSubscription(
                f"{name}-{endpoint}-{region}",
                topic=settings.topic_arn(region),
                protocol=protocol,
                endpoint=endpoint,
                region=region,
                opts=options,
            )
            for protocol, endpoint in told
        ]

    def _rule(
        self,
        name: str,
        settings: WatchSettings,
        region: str,
        alarm: tuple[Alarm, str],
        options: pulumi.ResourceOptions,
    ) -> pulumi.Resource:
        which, pattern = alarm
        rule = cloudwatch.EventRule(
            f"{name}-{which.name}-{region}",
            name=settings.rule_name(which),
            description=which.meaning,
            event_pattern=pattern,
            state=_SEES_ALL if which.sees_reads else "ENABLED",
            region=region,
            tags=settings.tags,
            opts=options,
        )
        return cloudwatch.EventTarget(
            f"{name}-{which.name}-{region}",
            rule=settings.rule_name(which),
            target_id="alarms",
            arn=settings.topic_arn(region),
            input_transformer={"input_template": _message(settings.name, which)},
            region=region,
            opts=with_fixed_id(child_options(self, options, [rule])),
        )


def _message(watch: str, alarm: Alarm) -> str:
    # EventBridge puts the whole event in, and not into quotes.
    head = json.dumps({"alarm": alarm.name, "watch": watch, "meaning": alarm.meaning})
    return f'{head[:-1]}, "event": <aws.events.event.json>}}'
