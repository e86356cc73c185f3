"""The component `PipelineTrail`: a trail of CloudTrail, without which no alarm hears anything."""

# No postponed annotations here: Pulumi infers the package's schema from the annotations themselves.
from dataclasses import dataclass
from functools import partial
from typing import Any, overload

import pulumi
from pulumi import Input
from pulumi_aws import cloudtrail, s3
from typing_extensions import NotRequired, Unpack

from pipeline_identity import _arns as arns
from pipeline_identity import _names as names
from pipeline_identity._args import AccountArgs
from pipeline_identity._component import NOT_GIVEN, Component, account_of_provider
from pipeline_identity._documents import Json, document
from pipeline_identity._formats import bucket, kms_key_or_alias, matching, region
from pipeline_identity._life.account import in_account
from pipeline_identity._life.claims import Name
from pipeline_identity._provider_package import refuse_before_version_7
from pipeline_identity._reading.arguments import Arguments, flag, late, late_inside
from pipeline_identity._reading.reading import read
from pipeline_identity._settings.entity import child_options, read_account, with_fixed_id
from pipeline_identity.watch.settings import IAM_REGIONS

_trail_name = matching(
    r"[A-Za-z0-9][A-Za-z0-9._-]{2,127}",
    "is not a name that CloudTrail accepts",
    "use 3 to 128 letters, digits and . _ -",
)
_log_group = matching(
    r"arn:[a-z-]+:logs:[a-z0-9-]+:[0-9]{12}:log-group:[A-Za-z0-9_/.#-]{1,512}:\*",
    "is not the ARN of a log group",
    "write it like arn:aws:logs:us-east-1:111122223333:log-group:trail:*",
)


class PipelineTrailArgs(AccountArgs):
    """The arguments of a `PipelineTrail`."""

    bucket_name: str
    """The name of the bucket that is made for its files: 3 to 63 small letters, digits, `.` and `-`."""

    trail_name: NotRequired[str]
    """The trail's name: 3 to 128 letters, digits, `.`, `_` and `-`. The component's name by default."""

    region: NotRequired[str]
    """The trail's home region; it logs all regions. That of IAM by default, `us-east-1`."""

    force_destroy: NotRequired[bool]
    """Whether the files go with the bucket when it is deleted. False by default: AWS then keeps the bucket."""

    kms_key_arn: NotRequired[Input[str]]
    """
    The ARN of the KMS key that encrypts the files. Its policy must let CloudTrail encrypt, for this trail. By default
    S3 encrypts them with a key of its own.
    """

    tls_only: NotRequired[bool]
    """Whether the bucket denies every call without TLS. False by default."""

    versioning: NotRequired[bool]
    """Whether the bucket keeps what is overwritten or deleted. False by default."""

    log_group_arn: NotRequired[Input[str]]
    """The ARN of a CloudWatch log group that gets the events as well, `:*` at the end. None by default."""

    log_group_role_arn: NotRequired[Input[str]]
    """The ARN of the role with which CloudTrail writes to the log group. Required with it."""


@dataclass(frozen=True)
class TrailSettings:
    """The arguments of a `PipelineTrail`, checked."""

    account: arns.Account
    name: str
    bucket: str
    region: str
    force_destroy: bool
    tags: dict[str, str]
    kms_key_arn: str | None
    tls_only: bool
    versioning: bool
    log_group_arn: str | None
    log_group_role_arn: str | None

    @property
    def claimed(self) -> list[Name]:
        """The names that trail and bucket have in AWS."""
        return [
            Name("trail", self.name, (self.account, self.region), "trail_name"),
            Name("bucket", self.bucket, self.account.partition, "bucket_name"),
        ]

    @property
    def arn(self) -> str:
        """The trail's ARN, known before it exists."""
        return f"arn:{self.account.partition}:cloudtrail:{self.region}:{self.account.account_id}:trail/{self.name}"

    @property
    def bucket_arn(self) -> str:
        """The bucket's ARN."""
        return f"arn:{self.account.partition}:s3:::{self.bucket}"

    @property
    def protected_arns(self) -> list[str]:
        """What nobody may change who is watched."""
        return [self.arn, self.bucket_arn, f"{self.bucket_arn}/*"]

    @property
    def bucket_policy(self) -> str:
        """Lets this trail write, and nobody else.

        Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html.
        """
        cloudtrail_alone: dict[str, Json] = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}}
        for_this_trail: dict[str, Json] = {"aws:SourceArn": self.arn}
        over_tls: Json = {
            "Sid": "OverTlsAlone",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [self.bucket_arn, f"{self.bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
        files = f"{self.bucket_arn}/AWSLogs/{self.account.account_id}/*"
        return document(
            [
                {
                    "Sid": "TrailAsksForTheBucket",
                    **cloudtrail_alone,
                    "Action": "s3:GetBucketAcl",
                    "Resource": self.bucket_arn,
                    "Condition": {"StringEquals": {**for_this_trail}},
                },
                {
                    "Sid": "TrailWrites",
                    **cloudtrail_alone,
                    "Action": "s3:PutObject",
                    "Resource": files,
                    "Condition": {"StringEquals": {**for_this_trail, "s3:x-amz-acl": "bucket-owner-full-control"}},
                },
                *([over_tls] if self.tls_only else []),
            ]
        )


def read_trail(arguments: Arguments) -> TrailSettings:
    """Reads `PipelineTrailArgs`; problems are noted with the arguments."""
    account = read_account(arguments)
    settings = TrailSettings(
        account=account,
        name=arguments.required("trail_name", _trail_name, meaning="the name the trail gets"),
        bucket=arguments.required("bucket_name", bucket, meaning="the name the trail's bucket gets"),
        region=arguments.optional("region", region, IAM_REGIONS[account.partition]),
        force_destroy=arguments.optional("force_destroy", flag, default=False),
        tags=arguments.optional("tags", late_inside(names.tags), dict[str, str]()),
        kms_key_arn=arguments.optional("kms_key_arn", late(kms_key_or_alias), None),
        tls_only=arguments.optional("tls_only", flag, default=False),
        versioning=arguments.optional("versioning", flag, default=False),
        log_group_arn=arguments.optional("log_group_arn", late(_log_group), None),
        log_group_role_arn=arguments.optional("log_group_role_arn", late(arns.role_arn), None),
    )
    arguments.no_others()
    for given, missing in (("log_group_arn", "log_group_role_arn"), ("log_group_role_arn", "log_group_arn")):
        if arguments.given(given) and not arguments.given(missing):
            arguments.refuse((missing,), None, "is missing", "set both, or neither")
    refuse_before_version_7(arguments, "region", "resources with a region of their own")
    return settings


class PipelineTrail(Component):
    """A trail that logs management events of all regions into a bucket of its own, for accounts that have none."""

    trail_arn: pulumi.Output[str]
    """The trail's ARN."""

    bucket_name: pulumi.Output[str]
    """The name of the bucket with its files."""

    protected_arns: pulumi.Output[list[str]]
    """ARNs that a watched identity must not be able to change, for the protected resources of a generated boundary."""

    @overload
    def __init__(self, name: str, args: PipelineTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None: ...
    @overload
    def __init__(
        self, name: str, *, opts: pulumi.ResourceOptions | None = None, **named: Unpack[PipelineTrailArgs]
    ) -> None: ...
    def __init__(
        self,
        name: str,
        args: PipelineTrailArgs = NOT_GIVEN,
        opts: pulumi.ResourceOptions | None = None,
        **named: Any,
    ) -> None:
        """Declares the trail.

        Args:
            name: The component's name in the Pulumi program.
            args: The arguments as a mapping; they can be given by name instead.
            opts: Options; `provider`, `protect` and `depends_on` reach the resources inside.
            named: The arguments by name, each described in `PipelineTrailArgs`: account_id, bucket_name, force_destroy,
                kms_key_arn, log_group_arn, log_group_role_arn, partition, region, tags, tls_only, trail_name,
                versioning.

        Raises:
            ArgumentError: An argument cannot be used. Nothing has been registered then.
        """
        defaults = {"account_id": partial(account_of_provider, opts), "trail_name": name}
        reading = read("PipelineTrail", name, (args, named), read_trail, defaults)
        super().__init__("pipeline-identity:index:PipelineTrail", name, {}, opts)
        reading.announce(self)
        self._called, self._given_options, self._reading = name, opts, reading
        settings = reading.settings
        self._trail = cloudtrail.Trail(
            name,
            name=settings.name,
            s3_bucket_name=settings.bucket,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            region=settings.region,
            kms_key_id=reading.input(lambda trail: trail.kms_key_arn),
            cloud_watch_logs_group_arn=reading.input(lambda trail: trail.log_group_arn),
            cloud_watch_logs_role_arn=reading.input(lambda trail: trail.log_group_role_arn),
            tags=reading.input(lambda trail: trail.tags),
            opts=child_options(self, opts, self._declare_bucket()),
        )
        self.trail_arn = reading.arn(lambda trail: trail.arn, self._trail)
        self.bucket_name = reading.output(lambda trail: trail.bucket, [self._trail])
        self.protected_arns = reading.output(lambda trail: trail.protected_arns)
        self._register()

    @property
    def trail(self) -> "cloudtrail.Trail":
        """The trail of CloudTrail."""
        return self._trail

    @property
    def bucket(self) -> "s3.Bucket":
        """The bucket with the trail's files."""
        return self._bucket

    def _declare_bucket(self) -> list[pulumi.Resource]:
        settings, name = self._reading.settings, f"{self._called}-files"
        self._bucket = s3.Bucket(
            name,
            bucket=settings.bucket,
            force_destroy=settings.force_destroy,
            region=settings.region,
            tags=self._reading.input(lambda trail: trail.tags),
            opts=in_account(
                child_options(self, self._given_options),
                self,
                settings.account.partition,
                self._reading.input(lambda trail: trail.account.account_id),
            ),
        )
        options = with_fixed_id(child_options(self, self._given_options, [self._bucket]))
        shield = s3.BucketPublicAccessBlock(
            name,
            bucket=settings.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            region=settings.region,
            opts=options,
        )
        policy = s3.BucketPolicy(
            name,
            bucket=settings.bucket,
            policy=self._reading.document("bucket policy", lambda trail: trail.bucket_policy, self),
            region=settings.region,
            opts=options,
        )
        made: list[pulumi.Resource] = [shield, policy]
        if settings.versioning:
            versioning = s3.BucketVersioning(
                name,
                bucket=settings.bucket,
                versioning_configuration={"status": "Enabled"},
                region=settings.region,
                opts=options,
            )
            made.append(versioning)
        return made
