"""The component `PipelineWatch`: alarms on what is done with a pipeline's identity, and to it."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
import json
from collections.abc import Sequence
from functools import partial
from typing import Any, overload

import pulumi
from pulumi import Input
from pulumi_aws import cloudwatch, sns
from typing_extensions import NotRequired, Unpack

from pipeline_identity._args import AccountArgs
from pipeline_identity._component import NOT_GIVEN, Component, account_of_provider
from pipeline_identity._life.account import in_account
from pipeline_identity._reading.reading import Reading, read
from pipeline_identity._settings.entity import child_options, with_fixed_id
from pipeline_identity.watch.alarms import Alarm
from pipeline_identity.watch.args import WatchArgs
from pipeline_identity.watch.settings import LONGEST_NAME, WatchSettings, read_watch

_SEES_ALL = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"


class PipelineWatchArgs(WatchArgs, AccountArgs):
    """The arguments of a `PipelineWatch`. The account needs a trail that logs management events of all regions."""

    user_arn: NotRequired[Input[str]]
    """The ARN of the pipeline's user. The ARN of a user or a role must be given."""

    role_arn: NotRequired[Input[str]]
    """The ARN of the pipeline's role. The ARN of a user or a role must be given."""


class PipelineWatch(Component):
    """Alarms on a pipeline's user and role: EventBridge rules that send CloudTrail's records to SNS topics."""

    topic_arns: pulumi.Output[dict[str, str]]
    """The ARNs of the topics to which the alarms go, by region."""

    rule_names: pulumi.Output[dict[str, list[str]]]
    """The names of the rules, by region."""

    protected_arns: pulumi.Output[list[str]]
    """ARNs, with `*`, that a watched identity must not be able to change: the protected resources of a boundary."""

    @overload
    def __init__(self, name: str, args: PipelineWatchArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, **named: Unpack[PipelineWatchArgs]
    ) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, reading: Reading[WatchSettings]
    ) -> None: ...
    def __init__(
        self,
        name: str,
        args: PipelineWatchArgs = NOT_GIVEN,
        opts: pulumi.ResourceOptions | None = None,
        reading: Reading[WatchSettings] | None = None,
        **named: Any,
    ) -> None:
        """Declares the alarms.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments as a mapping; they can be given by name instead.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.
            reading: For components that make one: the settings, in place of arguments.
            named: The arguments by name, each described in `PipelineWatchArgs`: account_id, emails, expected_calls,
                kms_keys, partition, policy_arns, queues, regions, role_arn, session_names, source_ips, tags, user_arn,
                vpc_endpoints, watch_name.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        if not reading:
            defaults = {"account_id": partial(account_of_provider, opts), "watch_name": name[:LONGEST_NAME]}
            reading = read("PipelineWatch", name, (args, named), read_watch, defaults)
        super().__init__("pipeline-identity:index:PipelineWatch", name, {}, opts)
        reading.announce(self)
        self._called, self._given_options, self._reading = name, opts, reading
        made: list[pulumi.Resource] = []
        for region, rules in reading.settings.rules.items():
            topic = self._topic(region)
            made += [topic, *self._subscriptions(region, topic)]
            made += [self._rule(region, alarm, topic) for alarm, _ in rules]
        self.topic_arns = reading.output(lambda watch: {one: watch.topic_arn(one) for one in watch.rules}, made)
        self.rule_names = reading.output(lambda watch: watch.rule_names, made)
        self.protected_arns = reading.output(lambda watch: watch.protected_arns)
        self._register()

    def _options(self, after: Sequence[pulumi.Resource] = ()) -> pulumi.ResourceOptions:
        return child_options(self, self._given_options, after)

    def _topic(self, region: str) -> pulumi.Resource:
        name, read = f"{self._called}-alarms-{region}", self._reading
        topic = sns.Topic(
            name,
            name=read.settings.topic_name,
            kms_master_key_id=read.input(lambda watch: watch.kms_keys.get(region)),
            region=region,
            tags=read.input(lambda watch: watch.tags),
            opts=in_account(
                self._options(),
                self,
                read.settings.account.partition,
                read.input(lambda watch: watch.account.account_id),
            ),
        )
        return sns.TopicPolicy(
            name,
            arn=read.input(lambda watch: watch.topic_arn(region)),
            policy=read.input(lambda watch: watch.topic_policy(region)),
            region=region,
            opts=with_fixed_id(self._options([topic])),
        )

    def _subscriptions(self, region: str, topic: pulumi.Resource) -> list[pulumi.Resource]:
        made = [self._subscription(region, topic, place) for place in range(len(self._reading.settings.endpoints))]
        return [*made]

    def _subscription(self, region: str, topic: pulumi.Resource, place: int) -> pulumi.Resource:
        """Subscribes one endpoint.

        The subscription is named by the endpoint; where that is an output, by its place, with the other name as an
        alias: SNS has one subscription of an endpoint, which must not be deleted under its former name.
        """
        read, options = self._reading, self._options([topic])
        protocol, _ = read.settings.endpoints[place]
        endpoint = read.input(lambda watch: watch.endpoints[place][1])
        if isinstance(endpoint, str):
            name = f"{self._called}-{endpoint}-{region}"
        else:
            name = f"{self._called}-{protocol}-{place}-{region}"
            by_endpoint = pulumi.Output.from_input(endpoint).apply(
                lambda known: pulumi.Alias(name=f"{self._called}-{known}-{region}")
            )
            options.aliases = [by_endpoint]
        return sns.TopicSubscription(
            name,
            topic=read.input(lambda watch: watch.topic_arn(region)),
            protocol=protocol,
            endpoint=endpoint,
            region=region,
            opts=options,
        )

    def _rule(self, region: str, alarm: Alarm, topic: pulumi.Resource) -> pulumi.Resource:
        name, read = f"{self._called}-{alarm.name}-{region}", self._reading
        options = self._options([topic])
        rule = cloudwatch.EventRule(
            name,
            name=read.settings.rule_name(alarm),
            description=alarm.meaning,
            event_pattern=read.input(lambda watch: watch.pattern(region, alarm)),
            state=_SEES_ALL if alarm.sees_reads else "ENABLED",
            region=region,
            tags=read.input(lambda watch: watch.tags),
            opts=options,
        )
        return cloudwatch.EventTarget(
            name,
            rule=read.settings.rule_name(alarm),
            target_id="alarms",
            arn=read.input(lambda watch: watch.topic_arn(region)),
            input_transformer={"input_template": _message(read.settings.name, alarm)},
            region=region,
            opts=with_fixed_id(child_options(self, options, [rule])),
        )


def _message(watch: str, alarm: Alarm) -> str:
    # EventBridge puts the whole event in, and not into quotes.
    head = json.dumps({"alarm": alarm.name, "watch": watch, "meaning": alarm.meaning})
    return f'{head[:-1]}, "event": <aws.events.event.json>}}'
