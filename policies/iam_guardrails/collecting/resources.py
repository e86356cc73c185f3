"""What runs code with a role, or holds data, in an account: a function a kind, in the form of an inventory file.

Only the fields of an inventory are kept: an answer may hold more, such as a function's environment variables, and what
is secret there must not end in a file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

Entry = dict[str, object]


class Kind(NamedTuple):
    """A kind of resource.

    Attributes:
        service: service that is asked, as boto3 calls it.
        read: gives the entries of one region.
        everywhere: whether it is asked region by region; False where one answer has all.
    """

    service: str
    read: Callable[[Any, str], Iterator[Entry]]
    everywhere: bool = True


def _pages(client: Any, operation: str, name: str, **arguments: object) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(name) or ()


def _tags(one: Mapping[str, Any], name: str = "Tags", key: str = "Key", value: str = "Value") -> dict[str, str]:
    return {str(tag[key]): str(tag.get(value, "")) for tag in one.get(name) or ()}


def _functions(client: Any, _where: str) -> Iterator[Entry]:
    for one in _pages(client, "list_functions", "Functions"):
        name = one["FunctionName"]
        policy = _policy(lambda name=name: client.get_policy(FunctionName=name), "ResourceNotFoundException")
        yield {"arn": one["FunctionArn"], "name": name, "role": one.get("Role"), "policy": policy}


def _policy(ask: Callable[[], Mapping[str, Any]], none: str) -> str | None:
    """The policy of a resource; None for one without, which AWS answers with an error."""
    from botocore.exceptions import ClientError

    try:
        return str(ask()["Policy"])
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") != none:
            raise
        return None


def _instances(client: Any, where: str) -> Iterator[Entry]:
    for reservation in _pages(client, "describe_instances", "Reservations"):
        for one in reservation["Instances"]:
            if one.get("State", {}).get("Name") in ("terminated", "shutting-down"):
                continue
            profile = one.get("IamInstanceProfile", {}).get("Arn")
            yield {"arn": f"{where}instance/{one['InstanceId']}", "instance_profile": profile, "tags": _tags(one)}


def _launch_templates(client: Any, where: str) -> Iterator[Entry]:
    wanted = {"Versions": ["$Default"]}
    for one in _pages(client, "describe_launch_template_versions", "LaunchTemplateVersions", **wanted):
        profile = one.get("LaunchTemplateData", {}).get("IamInstanceProfile", {})
        arn = f"{where}launch-template/{one['LaunchTemplateId']}"
        named = profile.get("Arn") or profile.get("Name")
        yield {"arn": arn, "name": one.get("LaunchTemplateName"), "instance_profile": named}


def _groups(client: Any, _where: str) -> Iterator[Entry]:
    for one in _pages(client, "describe_auto_scaling_groups", "AutoScalingGroups"):
        template = one.get("LaunchTemplate", {}).get("LaunchTemplateId")
        yield {
            "arn": one["AutoScalingGroupARN"],
            "name": one["AutoScalingGroupName"],
            "launch_template": template,
            "tags": _tags(one),
        }


def _clusters(client: Any, _where: str) -> Iterator[Entry]:
    for arn in _pages(client, "list_clusters", "clusterArns"):
        yield {"arn": arn}


def _task_definitions(client: Any, _where: str) -> Iterator[Entry]:
    for arn in _pages(client, "list_task_definitions", "taskDefinitionArns"):
        one = client.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        yield {
            "arn": arn,
            "name": one.get("family"),
            "role": one.get("taskRoleArn"),
            "execution_role": one.get("executionRoleArn"),
        }


def _services(client: Any, _where: str) -> Iterator[Entry]:
    roles: dict[str, Any] = {}
    for cluster in _pages(client, "list_clusters", "clusterArns"):
        arns = list(_pages(client, "list_services", "serviceArns", cluster=cluster))
        for first in range(0, len(arns), 10):  # as many as DescribeServices takes
            for one in client.describe_services(cluster=cluster, services=arns[first : first + 10])["services"]:
                task = one.get("taskDefinition")
                if task and task not in roles:
                    roles[task] = client.describe_task_definition(taskDefinition=task)["taskDefinition"]
                run = roles.get(task, {})
                yield {
                    "arn": one["serviceArn"], "name": one.get("serviceName"), "role": run.get("taskRoleArn"),
                    "execution_role": run.get("executionRoleArn"), "cluster": cluster, "task_definition": task,
                    "exec_enabled": bool(one.get("enableExecuteCommand")),
                }  # fmt: skip


def _projects(client: Any, _where: str) -> Iterator[Entry]:
    names = list(_pages(client, "list_projects", "projects"))
    for first in range(0, len(names), 100):  # as many as BatchGetProjects takes
        for one in client.batch_get_projects(names=names[first : first + 100])["projects"]:
            tags = _tags(one, "tags", "key", "value")
            yield {"arn": one["arn"], "name": one["name"], "role": one.get("serviceRole"), "tags": tags}


def _stacks(client: Any, _where: str) -> Iterator[Entry]:
    for one in _pages(client, "describe_stacks", "Stacks"):
        yield {"arn": one["StackId"], "name": one["StackName"], "role": one.get("RoleARN"), "tags": _tags(one)}


def _stack_sets(client: Any, _where: str) -> Iterator[Entry]:
    for one in _pages(client, "list_stack_sets", "Summaries", Status="ACTIVE"):
        found = client.describe_stack_set(StackSetName=one["StackSetName"])["StackSet"]
        role = found.get("AdministrationRoleARN")
        yield {"arn": found["StackSetARN"], "name": one["StackSetName"], "role": role, "tags": _tags(found)}


def _jobs(client: Any, where: str) -> Iterator[Entry]:
    for one in _pages(client, "get_jobs", "Jobs"):
        role = str(one.get("Role") or "").rpartition("/")[2] if ":role/" not in str(one.get("Role")) else one["Role"]
        yield {"arn": f"{where}job/{one['Name']}", "name": one["Name"], "role": role or None}


def _dev_endpoints(client: Any, where: str) -> Iterator[Entry]:
    for one in _pages(client, "get_dev_endpoints", "DevEndpoints"):
        yield {
            "arn": f"{where}devEndpoint/{one['EndpointName']}",
            "name": one["EndpointName"],
            "role": one.get("RoleArn"),
        }


def _notebooks(client: Any, _where: str) -> Iterator[Entry]:
    for one in _pages(client, "list_notebook_instances", "NotebookInstances"):
        name = one["NotebookInstanceName"]
        found = client.describe_notebook_instance(NotebookInstanceName=name)
        yield {"arn": found["NotebookInstanceArn"], "name": name, "role": found.get("RoleArn")}


def _app_services(client: Any, _where: str) -> Iterator[Entry]:
    more: dict[str, str] = {}
    listed: list[Any] = []
    while True:  # botocore has no pages for it
        answer = client.list_services(**more)
        listed += answer["ServiceSummaryList"]
        if not answer.get("NextToken"):
            break
        more = {"NextToken": answer["NextToken"]}
    for one in listed:
        found = client.describe_service(ServiceArn=one["ServiceArn"])["Service"]
        role = found.get("InstanceConfiguration", {}).get("InstanceRoleArn")
        yield {"arn": one["ServiceArn"], "name": one["ServiceName"], "role": role}


def _buckets(client: Any, where: str) -> Iterator[Entry]:
    _, partition, _, _, account, _ = where.split(":", 5)
    for one in client.list_buckets()["Buckets"]:
        name = one["Name"]
        policy = _policy(lambda name=name: client.get_bucket_policy(Bucket=name), "NoSuchBucketPolicy")
        yield {"arn": f"arn:{partition}:s3:::{name}", "account": account, "name": name, "policy": policy}


KINDS: Mapping[str, Kind] = {
    "apprunner:service": Kind("apprunner", _app_services),
    "autoscaling:group": Kind("autoscaling", _groups),
    "cloudformation:stack": Kind("cloudformation", _stacks),
    "cloudformation:stackset": Kind("cloudformation", _stack_sets),
    "codebuild:project": Kind("codebuild", _projects),
    "ec2:instance": Kind("ec2", _instances),
    "ec2:launch-template": Kind("ec2", _launch_templates),
    "ecs:cluster": Kind("ecs", _clusters),
    "ecs:service": Kind("ecs", _services),
    "ecs:task-definition": Kind("ecs", _task_definitions),
    "glue:devendpoint": Kind("glue", _dev_endpoints),
    "glue:job": Kind("glue", _jobs),
    "lambda:function": Kind("lambda", _functions),
    "s3:bucket": Kind("s3", _buckets, everywhere=False),
    "sagemaker:notebook-instance": Kind("sagemaker", _notebooks),
}
"""What is looked for, by the kinds of inventory files."""
