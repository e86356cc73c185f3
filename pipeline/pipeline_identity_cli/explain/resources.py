"""The policies of resources, read from their services where the credentials may.

Only reading calls can leave: each client has the hook of `iam.only_reads`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from iam_guardrails.evaluation import Policy

from pipeline_identity_cli import refusals
from pipeline_identity_cli.aws import config
from pipeline_identity_cli.iam import only_reads
from pipeline_identity_cli.outcome import one_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from pipeline_identity_cli.aws import Reach

_NONE = (
    "NoSuchBucketPolicy",
    "ResourceNotFoundException",
    "PolicyNotFoundException",
    "RepositoryPolicyNotFoundException",
)
"""With these codes a service says that there is no policy."""


def _bucket(s3: Any, arn: str) -> object:
    return s3.get_bucket_policy(Bucket=arn.split(":", 5)[5].partition("/")[0])["Policy"]


def _key(kms: Any, arn: str) -> object:
    return kms.get_key_policy(KeyId=arn, PolicyName="default")["Policy"]


def _queue(sqs: Any, arn: str) -> object:
    account, name = arn.split(":")[4:6]
    url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)["QueueUrl"]
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy")


def _topic(sns: Any, arn: str) -> object:
    return sns.get_topic_attributes(TopicArn=arn)["Attributes"].get("Policy")


def _function(functions: Any, arn: str) -> object:
    return functions.get_policy(FunctionName=arn)["Policy"]


def _secret(secrets: Any, arn: str) -> object:
    return secrets.get_resource_policy(SecretId=arn).get("ResourcePolicy")


def _repository(ecr: Any, arn: str) -> object:
    account, name = arn.split(":", 5)[4], arn.split(":", 5)[5].removeprefix("repository/")
    return ecr.get_repository_policy(registryId=account, repositoryName=name)["policyText"]


def _table(tables: Any, arn: str) -> object:
    table = "/".join(arn.split("/")[:2])
    return tables.get_resource_policy(ResourceArn=table)["Policy"]


_READERS: dict[str, Callable[[Any, str], object]] = {
    "s3": _bucket,
    "kms": _key,
    "sqs": _queue,
    "sns": _topic,
    "lambda": _function,
    "secretsmanager": _secret,
    "ecr": _repository,
    "dynamodb": _table,
}
SERVICES = tuple(_READERS)
"""The services whose resources' policies are read."""


def policy(arn: str, reach: Reach) -> tuple[Policy | None, str]:
    """The policy of a resource, and why it is not known; both may be missing, where it is known that there is none.

    Args:
        arn: The resource.
        reach: How AWS is reached.
    """
    from botocore.exceptions import ClientError

    service, region = arn.split(":")[2:4]
    read = _READERS.get(service)
    if read is None:
        return None, "the policy of the resource (--resource-policy)"
    try:
        session = cast("Any", reach.session())
        client = session.client(service, region_name=region or reach.chosen_region(), config=config())
        client.meta.events.register_first(f"before-call.{client.meta.service_model.service_id.hyphenize()}", only_reads)
        written = read(client, arn)
    except ClientError as error:
        if refusals.code_of(error) in _NONE:
            return None, ""
        return None, f"the policy of the resource (--resource-policy), as {one_line(refusals.code_of(error), 80)}"
    except Exception as error:
        return None, f"the policy of the resource (--resource-policy), as {type(error).__name__}"
    return (Policy(f"of {arn}", json.loads(str(written))), "") if written else (None, "")
