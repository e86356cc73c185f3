"""The arguments that say what is an alarm, and who is notified."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from collections.abc import Mapping, Sequence

from pulumi import Input
from typing_extensions import NotRequired

from pipeline_identity._args import NetworkArgs


class WatchArgs(NetworkArgs):
    """What is an alarm, and who is notified."""

    regions: Sequence[str]
    """The regions that the pipeline calls, STS among others, such as `eu-west-1`. That of IAM is always watched."""

    watch_name: NotRequired[str]
    """
    What the names of rules and topics begin with: 1 to 36 letters, digits, `_` and `-`. The component's name by
    default.
    """

    policy_arns: NotRequired[Input[Sequence[Input[str]]]]
    """ARNs of managed policies and boundaries whose change is an alarm. None by default."""

    expected_calls: NotRequired[Sequence[str]]
    """
    Calls besides `AssumeRole` that jobs make with the user's key, such as `GetCallerIdentity`. They raise no alarm.
    None by default.
    """

    session_names: NotRequired[Sequence[str]]
    """Names of the role's sessions, `*` for any text. A session under another name is an alarm. Any by default."""

    emails: NotRequired[Input[Sequence[Input[str]]]]
    """E-mail addresses that get the alarms; each confirms a subscription for every region. None by default."""

    queues: NotRequired[Input[Sequence[Input[str]]]]
    """ARNs of SQS queues that get the alarms. Their policies must let the topics send. None by default."""

    kms_keys: NotRequired[Mapping[str, Input[str]]]
    """
    ARNs of KMS keys that encrypt the topics, by region. Their policies must let EventBridge use them. None by default.
    """


class IdentityWatch(WatchArgs):
    """Alarms on an identity. The account needs a trail that logs management events of all regions."""

    tags: NotRequired[Input[Mapping[str, Input[str]]]]
    """Tags of rules and topics: at most 50. Those of the identity by default."""
