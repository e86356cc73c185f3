"""What the types have in common, and where some differ from all others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.proto import provider_pb2

from sandbox.provider.configuration import ConfigurationError
from sandbox.provider.errors import PartlyDoneError, ProviderError
from sandbox.provider.registry import UnknownTypeError
from sandbox.provider.service import Service
from tests.sandbox.provider.conftest import UNKNOWN, Asked, Known, plain, struct
from tests.sandbox.provider.iam_cases import TRUST, permission
from tests.support.second_factors import Device

if TYPE_CHECKING:
    from tests.support.pgp import Owner

USER = "aws:iam/user:User"
ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/policy:Policy"
KEY = "aws:iam/accessKey:AccessKey"
STORED = "aws:secretsmanager/secret:Secret"
SECRET = "1b47061264138c4ac30d75fd1eb44270"


def role(**further: Any) -> dict[str, Any]:
    return {"name": "deploy", "assumeRolePolicy": TRUST, **further}


class TestNames:
    def test_a_name_is_chosen_from_the_resources_own(self, aws: Asked) -> None:
        inputs = plain(aws.check(USER, {}).inputs)
        assert inputs["name"].startswith("one-")
        assert inputs["__defaults"] == ["name"]

    def test_a_chosen_name_stays(self, aws: Asked) -> None:
        known = aws.create(USER, {})
        assert aws.changes(known, {}) == {}
        assert aws.changes(known, {"name": "deployer"}) == {"name": "UPDATE"}

    def test_a_replacement_with_the_same_name_comes_after_the_deletion(self, aws: Asked) -> None:
        known = aws.create(ROLE, role())
        assert aws.compare(known, role(path="/ci/")).deleteBeforeReplace

    def test_a_replacement_with_another_name_comes_first(self, aws: Asked) -> None:
        known = aws.create(ROLE, role())
        assert not aws.compare(known, role(name="other")).deleteBeforeReplace

    def test_a_renamed_user_is_followed(self, aws: Asked) -> None:
        known = aws.create(USER, {"name": "old"})
        aws.update(known, {"name": "new"})
        assert known.outputs["arn"].endswith("user/new")


class TestDocuments:
    def test_white_space_and_order_make_no_difference(self, aws: Asked) -> None:
        known = aws.create(POLICY, {"name": "p", "policy": permission("s3:GetObject", "s3:PutObject")})
        spread = json.dumps(json.loads(permission("s3:PutObject", "s3:GetObject")), indent=4, sort_keys=True)
        assert aws.changes(known, {"name": "p", "policy": spread}) == {}

    def test_one_item_and_a_list_of_it_are_the_same(self, aws: Asked) -> None:
        known = aws.create(ROLE, role())
        listed = TRUST.replace('"111122223333"', '["arn:aws:iam::111122223333:root"]')
        assert aws.changes(known, role(assumeRolePolicy=listed)) == {}

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('"Allow"', '"Deny"'),
            ('"s3:GetObject"', '"s3:GetObject*"'),
            ('"Resource": "*"', '"NotResource": "*"'),
            ('"Resource": "*"', '"Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "true"}}'),
        ],
    )
    def test_a_difference_of_meaning_is_one(self, aws: Asked, old: str, new: str) -> None:
        known = aws.create(POLICY, {"name": "p", "policy": permission("s3:GetObject")})
        changed = permission("s3:GetObject").replace(old, new)
        assert aws.changes(known, {"name": "p", "policy": changed}) == {"policy": "UPDATE"}

    def test_the_words_of_the_program_stay_in_the_state(self, aws: Asked) -> None:
        spread = json.dumps(json.loads(TRUST), indent=4)
        known = aws.create(ROLE, role(assumeRolePolicy=spread))
        assert known.outputs["assumeRolePolicy"] == spread

    def test_an_object_is_taken_for_its_json(self, aws: Asked) -> None:
        known = aws.create(ROLE, role(assumeRolePolicy=json.loads(TRUST)))
        assert aws.changes(known, role()) == {}

    @pytest.mark.parametrize("text", ["{", "[]", "text"])
    def test_what_is_no_document_is_refused(self, aws: Asked, text: str) -> None:
        assert list(aws.failures(ROLE, role(assumeRolePolicy=text))) == ["assumeRolePolicy"]


class TestChecks:
    @pytest.mark.parametrize(
        ("token", "inputs", "at_fault"),
        [
            (USER, {"name": "with space"}, "name"),
            (USER, {"name": "x" * 65}, "name"),
            (USER, {"name": "u", "path": "ci"}, "path"),
            (USER, {"name": "u", "permissionsBoundary": "boundary"}, "permissionsBoundary"),
            (USER, {"name": "u", "tags": "a=b"}, "tags"),
            (USER, {"name": "u", "forceDestroy": "maybe"}, "forceDestroy"),
            (ROLE, role(maxSessionDuration=3599), "maxSessionDuration"),
            (ROLE, role(maxSessionDuration=43201), "maxSessionDuration"),
            (ROLE, role(description="x" * 1001), "description"),
            (KEY, {"user": "u", "status": "Off"}, "status"),
        ],
    )
    def test_a_value_aws_would_refuse_is_refused_before(
        self, aws: Asked, token: str, inputs: dict[str, Any], at_fault: str
    ) -> None:
        failures = aws.failures(token, inputs)
        assert list(failures) == [at_fault]
        assert at_fault in failures[at_fault]

    @pytest.mark.parametrize(("given", "taken"), [("7200", 7200), (7200, 7200)])
    def test_a_number_in_a_text_is_a_number(self, aws: Asked, given: object, taken: int) -> None:
        assert aws.create(ROLE, role(maxSessionDuration=given)).outputs["maxSessionDuration"] == taken

    def test_what_is_not_known_yet_is_not_refused(self, aws: Asked) -> None:
        assert aws.failures(USER, {"name": UNKNOWN, "path": UNKNOWN, "tags": {"a": UNKNOWN}}) == {}


class TestPreviews:
    def test_what_is_not_known_yet_may_change_something(self, aws: Asked) -> None:
        known = aws.create(ROLE, role())
        assert aws.changes(known, role(assumeRolePolicy=UNKNOWN)) == {"assumeRolePolicy": "UPDATE"}
        assert aws.changes(known, role(name=UNKNOWN)) == {"name": "UPDATE_REPLACE"}
        assert aws.changes(known, role(tags={"a": UNKNOWN})) == {"tags": "UPDATE"}

    def test_a_preview_makes_nothing(self, aws: Asked) -> None:
        foretold = aws.preview_create(USER, {"name": "deployer"})
        assert foretold["arn"] is UNKNOWN
        assert foretold["name"] == "deployer"
        assert aws.client("iam").list_users()["Users"] == []

    def test_a_previewed_change_changes_nothing_and_keeps_what_is_known(self, aws: Asked) -> None:
        known = aws.create(USER, {"name": "deployer"})
        news = struct({"name": "deployer", "path": "/ci/"})
        done = aws.service.update(
            provider_pb2.UpdateRequest(urn=known.urn, id=known.id, olds=struct(known.outputs), news=news, preview=True)
        )
        assert dict(done.properties)["uniqueId"] == known.outputs["uniqueId"]
        assert aws.client("iam").get_user(UserName="deployer")["User"]["Path"] == "/"


class TestDrift:
    def test_a_change_behind_its_back_is_found_and_taken_back(self, aws: Asked) -> None:
        known = aws.create(ROLE, role(description="mine"))
        aws.client("iam").update_role(RoleName="deploy", Description="theirs", MaxSessionDuration=43200)
        assert aws.refresh(known)
        assert (known.outputs["description"], known.inputs["description"]) == ("theirs", "theirs")
        wanted = role(description="mine")
        assert aws.changes(known, wanted) == {"description": "UPDATE", "maxSessionDuration": "UPDATE"}
        aws.update(known, wanted)
        actual = aws.client("iam").get_role(RoleName="deploy")["Role"]
        assert (actual["Description"], actual["MaxSessionDuration"]) == ("mine", 3600)

    def test_policies_nobody_declared_in_a_role_are_left_alone(self, aws: Asked) -> None:
        known = aws.create(ROLE, role())
        aws.client("iam").put_role_policy(RoleName="deploy", PolicyName="p", PolicyDocument=permission("s3:Get*"))
        assert aws.refresh(known)
        assert aws.changes(known, role()) == {}

    def test_a_dead_principal_in_a_trust_policy_is_a_difference(self, aws: Asked) -> None:
        iam = aws.client("iam")
        user = iam.create_user(UserName="deployer")["User"]["Arn"]
        trust = TRUST.replace("111122223333", user)
        known = aws.create(ROLE, role(assumeRolePolicy=trust))
        iam.delete_user(UserName="deployer")
        iam.create_user(UserName="deployer")
        assert aws.refresh(known)
        assert aws.changes(known, role(assumeRolePolicy=trust)) == {"assumeRolePolicy": "UPDATE"}

    def test_what_is_to_be_ignored_is(self, aws: Asked) -> None:
        known = aws.create(ROLE, role(description="mine"))
        assert list(aws.compare(known, role(description="other"), ("description",)).diffs) == []


class TestTags:
    def test_the_providers_default_tags_go_under_the_resources_own(self, aws: Asked) -> None:
        aws.configure(defaultTags=json.dumps({"tags": {"team": "platform", "stage": "dev"}}))
        known = aws.create(USER, {"name": "deployer", "tags": {"stage": "prod"}})
        everything = {"team": "platform", "stage": "prod"}
        assert known.outputs["tags"] == {"stage": "prod"}
        assert known.outputs["tagsAll"] == everything
        actual = aws.client("iam").list_user_tags(UserName="deployer")["Tags"]
        assert {tag["Key"]: tag["Value"] for tag in actual} == everything

    def test_another_default_tag_changes_what_is_there(self, aws: Asked) -> None:
        known = aws.create(USER, {"name": "deployer"})
        aws.configure(defaultTags=json.dumps({"tags": {"team": "platform"}}))
        assert aws.changes(known, {"name": "deployer"}) == {'tagsAll["team"]': "ADD"}
        aws.update(known, {"name": "deployer"})
        assert known.outputs["tagsAll"] == {"team": "platform"}


class TestUsers:
    def test_one_with_foreign_keys_stays_unless_forced(self, aws: Asked) -> None:
        iam = aws.client("iam")
        known = aws.create(USER, {"name": "deployer"})
        iam.create_access_key(UserName="deployer")
        with pytest.raises(ProviderError, match=r"deleting aws:iam/user:User 'deployer': DeleteConflict"):
            aws.delete(known)

    def test_a_forced_one_goes_with_all_its_credentials(self, aws: Asked) -> None:
        iam = aws.client("iam")
        known = aws.create(USER, {"name": "deployer", "forceDestroy": True})
        iam.create_access_key(UserName="deployer")
        iam.create_login_profile(UserName="deployer", Password="not-a-real-One-1")
        Device(iam, "deployer")
        iam.create_group(GroupName="g")
        iam.add_user_to_group(GroupName="g", UserName="deployer")
        aws.delete(known)
        assert iam.list_users()["Users"] == []
        assert iam.list_virtual_mfa_devices(AssignmentStatus="Any")["VirtualMFADevices"] == []


class TestRoles:
    def test_one_with_foreign_policies_stays_unless_forced(self, aws: Asked) -> None:
        iam = aws.client("iam")
        known = aws.create(ROLE, role())
        iam.put_role_policy(RoleName="deploy", PolicyName="p", PolicyDocument=permission("s3:Get*"))
        with pytest.raises(ProviderError, match="DeleteConflict"):
            aws.delete(known)
        aws.update(known, role(forceDetachPolicies=True))
        aws.delete(known)
        assert iam.list_roles()["Roles"] == []

    def test_a_trust_in_nobody_is_said_as_aws_says_it(self, aws: Asked) -> None:
        nobody = TRUST.replace("111122223333", "arn:aws:iam::111122223333:user/nobody")
        with pytest.raises(ProviderError, match=r"creating aws:iam/role:Role 'one': Malformed.*Invalid principal"):
            aws.create(ROLE, role(assumeRolePolicy=nobody))


class TestSteps:
    def test_one_that_was_made_and_not_completed_is_not_lost(self, aws: Asked) -> None:
        reading = ("secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy")
        aws.configure(**aws.one_who_may("secretsmanager:CreateSecret", *reading))
        inputs = struct({"name": "one", "policy": permission("secretsmanager:GetSecretValue")})
        with pytest.raises(PartlyDoneError, match="AccessDenied") as half:
            aws.service.create(provider_pb2.CreateRequest(urn=Known(STORED, "one").urn, properties=inputs))
        assert ":secret:one" in half.value.id


class TestPolicies:
    def test_a_policy_that_changes_often_keeps_five_versions(self, aws: Asked) -> None:
        known = aws.create(POLICY, {"name": "p", "policy": permission("s3:Get0")})
        for number in range(1, 8):
            aws.update(known, {"name": "p", "policy": permission(f"s3:Get{number}")})
        versions = aws.client("iam").list_policy_versions(PolicyArn=known.id)["Versions"]
        assert sorted(version["VersionId"] for version in versions) == ["v4", "v5", "v6", "v7", "v8"]
        assert [version["VersionId"] for version in versions if version["IsDefaultVersion"]] == ["v8"]
        aws.delete(known)
        assert aws.client("iam").list_policies(Scope="Local")["Policies"] == []


class TestExclusiveLists:
    def test_foreign_policies_go(self, aws: Asked) -> None:
        iam = aws.client("iam")
        iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=TRUST)
        for name in ("mine", "foreign"):
            iam.put_role_policy(RoleName="deploy", PolicyName=name, PolicyDocument=permission("s3:Get*"))
        token = "aws:iam/rolePoliciesExclusive:RolePoliciesExclusive"
        known = aws.create(token, {"roleName": "deploy", "policyNames": ["mine"]})
        assert iam.list_role_policies(RoleName="deploy")["PolicyNames"] == ["mine"]
        iam.put_role_policy(RoleName="deploy", PolicyName="foreign", PolicyDocument=permission("s3:Get*"))
        assert aws.refresh(known)
        assert aws.changes(known, {"roleName": "deploy", "policyNames": ["mine"]}) == {"policyNames": "UPDATE"}

    def test_a_policy_that_is_not_there_cannot_be_asked_for(self, aws: Asked) -> None:
        aws.client("iam").create_user(UserName="deployer")
        token = "aws:iam/userPoliciesExclusive:UserPoliciesExclusive"
        with pytest.raises(ProviderError, match=r"policyNames names 'missing'.*declare it"):
            aws.create(token, {"userName": "deployer", "policyNames": ["missing"]})


class TestKeys:
    def test_the_secret_of_a_key_is_marked_secret_and_survives_a_refresh(self, aws: Asked) -> None:
        aws.client("iam").create_user(UserName="deployer")
        made = aws.service.create(
            provider_pb2.CreateRequest(urn=Known(KEY, "one").urn, properties=struct({"user": "deployer"}))
        )
        assert SECRET in str(made.properties.fields["secret"])
        known = Known(KEY, "one", made.id, {"user": "deployer"}, {"user": "deployer", "secret": "the one"})
        assert aws.refresh(known)
        assert known.outputs["secret"] == "the one"

    def test_with_a_pgp_key_the_secret_is_told_to_its_owner_alone(self, aws: Asked, pgp_owner: Owner) -> None:
        aws.client("iam").create_user(UserName="deployer")

        known = aws.create(KEY, {"user": "deployer", "pgpKey": pgp_owner.public_key})

        secret = pgp_owner.decrypt(str(known.outputs["encryptedSecret"]))
        assert len(secret) == 40
        assert secret not in str(known.outputs)
        assert not {"secret", "sesSmtpPasswordV4"} & set(known.outputs)

    def test_what_is_no_pgp_key_is_refused_before_there_is_a_key(self, aws: Asked) -> None:
        aws.client("iam").create_user(UserName="deployer")
        for given in ("keybase:ops", "bm8ga2V5", "no base64"):
            with pytest.raises(ProviderError, match=r"[Kk]ey|base64|gpg"):
                aws.create(KEY, {"user": "deployer", "pgpKey": given})
        assert aws.client("iam").list_access_keys(UserName="deployer")["AccessKeyMetadata"] == []

    def test_an_inactive_key_is_made_inactive(self, aws: Asked) -> None:
        aws.client("iam").create_user(UserName="deployer")
        known = aws.create(KEY, {"user": "deployer", "status": "Inactive"})
        listed = aws.client("iam").list_access_keys(UserName="deployer")["AccessKeyMetadata"]
        assert [(key["AccessKeyId"], key["Status"]) for key in listed] == [(known.id, "Inactive")]


class TestAccounts:
    @pytest.mark.parametrize("form", ["json", "numbers", "list"])
    def test_the_right_account_is_accepted_in_every_form(self, aws: Asked, form: str) -> None:
        forms: dict[str, Any] = {
            "json": json.dumps([aws.account]),
            "numbers": json.dumps([int(aws.account)]),
            "list": [aws.account],
        }
        aws.configure(allowedAccountIds=forms[form])

    def test_another_account_is_refused(self, aws: Asked) -> None:
        with pytest.raises(ConfigurationError, match=rf"AWS account ID not allowed: {aws.account}.*111122223333"):
            aws.configure(allowedAccountIds='["111122223333"]')

    def test_a_forbidden_account_is_refused(self, aws: Asked) -> None:
        with pytest.raises(ConfigurationError, match=r"not allowed.*forbiddenAccountIds"):
            aws.configure(forbiddenAccountIds=json.dumps([aws.account]))
        aws.configure(forbiddenAccountIds='["111122223333"]')

    def test_an_account_that_lost_its_zeros_gets_them_back(self) -> None:
        checked = Service("7.51.1").check_configuration(
            provider_pb2.CheckRequest(news=struct({"allowedAccountIds": "[12345678901]"}))
        )
        assert list(checked.failures) == []

    @pytest.mark.parametrize("given", ['["123"]', '["dev"]', '"111122223333x"'])
    def test_what_is_no_account_is_refused_with_its_value(self, given: str) -> None:
        checked = Service("7.51.1").check_configuration(
            provider_pb2.CheckRequest(news=struct({"allowedAccountIds": given}))
        )
        (failure,) = checked.failures
        assert failure.property == "allowedAccountIds"
        assert json.dumps(json.loads(given)).strip('[]"') in failure.reason

    def test_a_provider_without_a_region_says_what_to_set(self, aws: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
            monkeypatch.delenv(name, raising=False)
        with pytest.raises(ConfigurationError, match="aws:region"):
            aws.configure(region="")

    def test_a_role_is_assumed_before_anything_else(self, aws: Asked) -> None:
        iam = aws.client("iam")
        trust = TRUST.replace("111122223333", aws.account)
        arn = iam.create_role(RoleName="admin", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.put_role_policy(RoleName="admin", PolicyName="p", PolicyDocument=permission("iam:*"))
        aws.configure(assumeRoles=json.dumps([{"roleArn": arn, "sessionName": "job", "duration": "15m"}]))
        caller = aws.invoke("aws:index/getCallerIdentity:getCallerIdentity")
        assert caller["arn"].endswith("assumed-role/admin/job")
        assert aws.create(USER, {"name": "deployer"}).id == "deployer"


class TestFunctions:
    def test_who_calls_where(self, aws: Asked) -> None:
        assert aws.invoke("aws:index/getCallerIdentity:getCallerIdentity")["accountId"] == aws.account
        assert aws.invoke("aws:index/getRegion:getRegion")["name"] == "eu-central-1"
        assert aws.invoke("aws:index/getPartition:getPartition")["partition"] == "aws"

    @pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
    def test_other_partitions_are_known_by_their_regions(self, aws: Asked, region: str, partition: str) -> None:
        aws.configure(region=region)
        assert aws.invoke("aws:index/getPartition:getPartition")["partition"] == partition

    def test_a_policy_document_is_put_together(self, aws: Asked) -> None:
        statement = {
            "actions": ["sts:AssumeRole"],
            "principals": [{"type": "AWS", "identifiers": ["111122223333"]}],
            "conditions": [{"test": "StringEquals", "variable": "sts:ExternalId", "values": ["x"]}],
        }
        answer = aws.invoke("aws:iam/getPolicyDocument:getPolicyDocument", statements=[statement])
        assert json.loads(answer["json"]) == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"AWS": "111122223333"},
                    "Condition": {"StringEquals": {"sts:ExternalId": "x"}},
                }
            ],
        }


class TestUnknownNames:
    def test_a_type_the_sandbox_does_not_know_is_refused_by_name(self, aws: Asked) -> None:
        with pytest.raises(UnknownTypeError, match=r"aws:ec2/vpc:Vpc.*It knows aws:.*real provider"):
            aws.check("aws:ec2/vpc:Vpc", {})

    def test_a_type_that_is_nearly_right_is_helped_with(self, aws: Asked) -> None:
        with pytest.raises(UnknownTypeError, match="Did you mean aws:iam/userPolicy:UserPolicy"):
            aws.check("aws:iam/userPolicie:UserPolicie", {})

    def test_a_function_the_sandbox_does_not_know_is_refused_by_name(self, aws: Asked) -> None:
        with pytest.raises(UnknownTypeError, match=r"aws:ec2/getVpc:getVpc.*It knows"):
            aws.invoke("aws:ec2/getVpc:getVpc")

    def test_the_schema_names_every_type(self) -> None:
        answer = Service("7.51.1").schema(provider_pb2.GetSchemaRequest())
        schema = json.loads(answer.schema)
        assert schema["version"] == "7.51.1"
        assert schema["resources"][USER]["inputProperties"]["forceDestroy"] == {"type": "boolean"}
        assert {"arn", "name"} <= schema["resources"][USER]["properties"].keys()
        assert {"allowedAccountIds", "region"} <= schema["provider"]["inputProperties"].keys()
