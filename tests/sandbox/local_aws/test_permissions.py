"""Permissions by variables and paths, and when a key was last used."""

from __future__ import annotations

from tests.sandbox.local_aws.conftest import Account, allow, document, error


def test_a_variable_stands_for_the_callers_own_name(account: Account) -> None:
    own = allow("iam:ListAccessKeys", account.arn("user/${aws:username}"))
    iam = account.client("iam", account.user("deployer", own))
    account.user("other")
    assert iam.list_access_keys(UserName="deployer")["AccessKeyMetadata"]
    assert error(iam.list_access_keys, UserName="other").startswith("AccessDenied")


def test_a_variable_in_a_condition_stands_for_its_value(account: Account) -> None:
    named = {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account.id}, "Condition": named}
    sts = account.client("sts", account.user("deployer", allow("sts:AssumeRole")))
    role = account.client("iam").create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))
    arn = role["Role"]["Arn"]
    assert sts.assume_role(RoleArn=arn, RoleSessionName="deployer")["Credentials"]
    assert error(sts.assume_role, RoleArn=arn, RoleSessionName="other").startswith("AccessDenied")


def test_a_variable_without_a_value_matches_nothing_unless_it_has_a_default(account: Account) -> None:
    iam = account.client(
        "iam", account.user("deployer", allow("iam:GetUser", account.arn("user/${aws:PrincipalTag/x}")))
    )
    assert error(iam.get_user, UserName="deployer").startswith("AccessDenied")
    defaulted = allow("iam:GetUser", account.arn("user/${aws:PrincipalTag/x, 'other'}"))
    other = account.client("iam", account.user("other", defaulted))
    assert other.get_user(UserName="other")["User"]["UserName"] == "other"


def test_permissions_on_a_path_hold_for_those_below_it(account: Account) -> None:
    iam = account.client(
        "iam", account.user("admin", allow(["iam:CreateUser", "iam:GetUser"], account.arn("user/ci/*")))
    )
    iam.create_user(UserName="deployer", Path="/ci/")
    assert iam.get_user(UserName="deployer")["User"]["Path"] == "/ci/"
    assert error(iam.create_user, UserName="another", Path="/").startswith("AccessDenied")
    account.user("outside")
    assert error(iam.get_user, UserName="outside").startswith("AccessDenied")


def test_adding_a_user_to_a_group_is_a_matter_of_the_group(account: Account) -> None:
    root = account.client("iam")
    for name in ("mine", "other"):
        root.create_group(GroupName=name)
    iam = account.client("iam", account.user("admin", allow("iam:AddUserToGroup", account.arn("group/mine"))))
    iam.add_user_to_group(GroupName="mine", UserName="admin")
    assert error(iam.add_user_to_group, GroupName="other", UserName="admin").startswith("AccessDenied")


def test_a_policy_and_a_provider_are_known_by_their_arns(account: Account) -> None:
    allowed = allow(
        ["iam:CreatePolicy", "iam:CreateOpenIDConnectProvider"],
        "",
        Resource=[account.arn("policy/ci/*"), account.arn("oidc-provider/good.example.com")],
    )
    iam = account.client("iam", account.user("admin", allowed))
    text = document(allow("s3:GetObject"))
    assert iam.create_policy(PolicyName="p", Path="/ci/", PolicyDocument=text)
    assert error(iam.create_policy, PolicyName="p", Path="/", PolicyDocument=text).startswith("AccessDenied")
    assert iam.create_open_id_connect_provider(Url="https://good.example.com", ClientIDList=["a"])
    assert error(iam.create_open_id_connect_provider, Url="https://bad.example.com", ClientIDList=["a"]).startswith(
        "AccessDenied"
    )


def test_calls_on_tags_and_rules_are_about_what_they_name(account: Account) -> None:
    root = account.client("sns")
    mine, other = (root.create_topic(Name=name)["TopicArn"] for name in ("mine", "other"))
    key = account.user(
        "admin", allow("sns:ListTagsForResource", mine), allow(["events:PutRule", "events:PutTargets"], rule_arn(mine))
    )
    sns, events = account.client("sns", key), account.client("events", key)
    assert sns.list_tags_for_resource(ResourceArn=mine)["Tags"] == []
    assert error(sns.list_tags_for_resource, ResourceArn=other).startswith("AuthorizationError")
    assert events.put_rule(Name="mine", ScheduleExpression="rate(1 day)")["RuleArn"] == rule_arn(mine)
    targets = [{"Id": "mine", "Arn": mine}]
    assert events.put_targets(Rule="mine", Targets=targets)["FailedEntryCount"] == 0
    assert error(events.put_targets, Rule="other", Targets=targets).startswith("AccessDenied")
    assert error(events.put_rule, Name="other", ScheduleExpression="rate(1 day)").startswith("AccessDenied")


def test_a_bus_and_an_instance_profile_are_what_calls_on_them_are_about(account: Account) -> None:
    bus = f"arn:aws:events:eu-central-1:{account.id}:event-bus/mine"
    profile = account.arn("instance-profile/mine")
    key = account.user("admin", allow("events:CreateEventBus", bus), allow("iam:AddRoleToInstanceProfile", profile))
    account.role("worker", account.id)
    account.client("iam").create_instance_profile(InstanceProfileName="mine")
    events, iam = account.client("events", key), account.client("iam", key)
    assert events.create_event_bus(Name="mine")["EventBusArn"] == bus
    assert error(events.create_event_bus, Name="other").startswith("AccessDenied")
    assert iam.add_role_to_instance_profile(InstanceProfileName="mine", RoleName="worker")
    denied = error(iam.add_role_to_instance_profile, InstanceProfileName="other", RoleName="worker")
    assert denied.startswith("AccessDenied")


def test_an_event_source_mapping_is_read_by_the_action_that_reads_one(account: Account) -> None:
    mapping = "00000000-0000-4000-8000-000000000000"
    reader = account.client("lambda", account.user("reader", allow("lambda:GetEventSourceMapping")))
    lister = account.client("lambda", account.user("lister", allow("lambda:ListEventSourceMappings")))
    assert error(reader.get_event_source_mapping, UUID=mapping).startswith("ResourceNotFound")
    assert error(lister.get_event_source_mapping, UUID=mapping).startswith("AccessDenied")
    assert lister.list_event_source_mappings()["EventSourceMappings"] == []


def test_a_role_is_made_and_changed_only_with_its_boundary(account: Account) -> None:
    root = account.client("iam")
    limits = root.create_policy(PolicyName="limits", PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    limited = allow(
        ["iam:CreateRole", "iam:PutRolePolicy"], Condition={"StringEquals": {"iam:PermissionsBoundary": limits}}
    )
    read_only = account.arn("policy/limits")
    attaching = allow("iam:AttachRolePolicy", Condition={"ArnEquals": {"iam:PolicyARN": read_only}})
    iam = account.client("iam", account.user("admin", limited, attaching))
    trust = document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": account.id}})
    made = {"AssumeRolePolicyDocument": trust}
    iam.create_role(RoleName="mine", PermissionsBoundary=limits, **made)
    assert error(iam.create_role, RoleName="other", **made).startswith("AccessDenied")
    iam.put_role_policy(RoleName="mine", PolicyName="own", PolicyDocument=document(allow("s3:*")))
    account.role("free", account.id)
    written = {"PolicyName": "own", "PolicyDocument": document(allow("s3:*"))}
    assert error(iam.put_role_policy, RoleName="free", **written).startswith("AccessDenied")
    iam.attach_role_policy(RoleName="free", PolicyArn=limits)
    everything = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert error(iam.attach_role_policy, RoleName="free", PolicyArn=everything).startswith("AccessDenied")


def rule_arn(topic: str) -> str:
    """The ARN of a rule on the default event bus, beside a topic of the same name."""
    return topic.replace(":sns:", ":events:").replace(":mine", ":rule/mine")


def test_every_call_is_recorded_with_its_action_and_resource(account: Account) -> None:
    key = account.user("reader", allow("sns:ListTopics"))
    sns = account.client("sns", key)
    sns.list_topics()
    assert error(sns.create_topic, Name="mine").startswith("AuthorizationError")
    listed, created = account.aws.calls(key[0])
    assert (listed["action"], listed["allowed"]) == ("sns:ListTopics", True)
    assert (created["action"], created["allowed"]) == ("sns:CreateTopic", False)
    assert created["resource"].endswith(f":{account.id}:mine")


def test_a_key_that_was_never_used_says_so(account: Account) -> None:
    key, *_ = account.user("deployer")
    used = account.client("iam").get_access_key_last_used(AccessKeyId=key)
    assert used["UserName"] == "deployer"
    assert used["AccessKeyLastUsed"]["ServiceName"] == "N/A"
    assert "LastUsedDate" not in used["AccessKeyLastUsed"]


def test_a_key_says_where_and_for_what_it_was_last_used_even_when_that_was_denied(account: Account) -> None:
    credentials = account.user("deployer")
    error(account.client("s3", credentials, region="eu-west-1").list_buckets)
    used = account.client("iam").get_access_key_last_used(AccessKeyId=credentials[0])["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("s3", "eu-west-1")
    assert used["LastUsedDate"]


def test_a_key_used_with_a_wrong_secret_was_not_used(account: Account) -> None:
    key, *_ = account.user("deployer")
    error(account.client("iam", (key, "wrong", "")).list_users)
    used = account.client("iam").get_access_key_last_used(AccessKeyId=key)["AccessKeyLastUsed"]
    assert used["ServiceName"] == "N/A"
