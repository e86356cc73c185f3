from __future__ import annotations

from iam_guardrails.pack.configuration import Configuration
from iam_guardrails.pack.property_rules import no_long_lived_keys, require_boundary, require_path, require_tags
from iam_guardrails.pack.values import NotReadable

from tests.policies.pack.resources import resource, role, user

_BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"


def test_an_access_key_is_refused_where_pipelines_sign_in_through_an_identity_provider():
    for kind in (
        "aws:iam/accessKey:AccessKey",
        "aws-native:iam:AccessKey",
        "aws:iam/serviceSpecificCredential:ServiceSpecificCredential",
        "aws:iam/signingCertificate:SigningCertificate",
        "aws:iam/sshKey:SshKey",
    ):
        key = resource(kind, "key", {"user": "site"})
        assert [report.rule for report in no_long_lived_keys(key, Configuration())] == ["no-long-lived-keys"]
    assert list(no_long_lived_keys(user(), Configuration())) == []


def test_a_missing_boundary_is_refused_and_any_boundary_passes():
    assert "no permissions boundary" in next(iter(require_boundary(role(), Configuration()))).message
    assert list(require_boundary(role(permissionsBoundary=_BOUNDARY), Configuration())) == []


def test_only_the_agreed_boundaries_pass_where_some_are_agreed():
    agreed = Configuration(boundaries=("arn:aws:iam::*:policy/boundary",))
    assert list(require_boundary(user(permissionsBoundary=_BOUNDARY), agreed)) == []
    (report,) = require_boundary(user(permissionsBoundary=f"{_BOUNDARY}-of-mine"), agreed)
    assert "boundary-of-mine" in report.message
    assert "arn:aws:iam::*:policy/boundary" in report.message


def test_a_star_for_the_account_does_not_reach_into_the_path():
    agreed = Configuration(boundaries=("arn:aws:iam::*:policy/boundary",))
    own = "arn:aws:iam::111122223333:policy/mine:policy/boundary"
    assert [report.rule for report in require_boundary(user(permissionsBoundary=own), agreed)] == ["require-boundary"]


def test_a_boundary_that_is_not_known_yet_is_not_judged_yet():
    agreed = Configuration(boundaries=(_BOUNDARY,))
    (report,) = require_boundary(role(permissionsBoundary=NotReadable.UNKNOWN), agreed)
    assert (report.rule, report.blocking) == ("iam-guardrails", False)
    assert "permissionsBoundary is not judged yet" in report.message


def test_a_path_below_an_agreed_one_passes():
    agreed = Configuration(paths=("/pipelines/",))
    assert list(require_path(role(path="/pipelines/web/"), agreed)) == []
    assert [report.rule for report in require_path(role(path="/pipelines-of-mine/"), agreed)] == ["require-path"]
    assert [report.rule for report in require_path(role(path=None), agreed)] == ["require-path"]


def test_missing_tags_are_named_and_the_providers_default_tags_count():
    agreed = Configuration(tags=("team", "environment"))
    (report,) = require_tags(user(tags={"team": "web"}), agreed)
    assert "lacks the tags environment" in report.message
    assert list(require_tags(user(tags={"team": "web"}, tagsAll={"team": "web", "environment": "dev"}), agreed)) == []


def test_tags_of_aws_native_are_a_list():
    native = resource("aws-native:iam:Role", "r", {"tags": [{"key": "team", "value": "web"}]})
    assert list(require_tags(native, Configuration(tags=("team",)))) == []


def test_other_resources_need_neither_boundary_nor_path_nor_tags():
    bucket = resource("aws:s3/bucketPolicy:BucketPolicy", "b", {})
    configuration = Configuration(paths=("/pipelines/",), tags=("team",))
    for rule in (require_boundary, require_path, require_tags):
        assert list(rule(bucket, configuration)) == []
