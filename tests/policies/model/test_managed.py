"""AWS's managed policies that the package carries are those of the package they come from."""

from __future__ import annotations

import re

from iam_guardrails.model import edition, managed_policy

from policies.managed_policies import table
from tests.policies.published import managed_policies


def test_every_published_policy_is_there_with_its_document() -> None:
    for name, policy in managed_policies().items():
        found = managed_policy(f"arn:aws:iam::aws:policy{policy['Path']}{name}")
        assert found is not None, name
        assert found.document is not None, name
        assert (found.by_aws, found.name, found.document.content) == (True, name, policy["Document"])


def test_the_edition_says_where_it_comes_from_and_how_new_it_is() -> None:
    current = table()
    assert edition()[:2] == (current["source"], current["newest"])
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", edition().newest)
    assert edition().policies == len(managed_policies())


def test_policies_of_other_partitions_have_the_same_documents() -> None:
    here, there = (managed_policy(f"arn:{one}:iam::aws:policy/ReadOnlyAccess") for one in ("aws", "aws-us-gov"))
    assert here is not None
    assert there is not None
    assert there.arn == "arn:aws-us-gov:iam::aws:policy/ReadOnlyAccess"
    assert there.document is not None
    assert here.document is not None
    assert there.document.content == here.document.content


def test_what_is_not_among_them_is_not_known() -> None:
    for arn in (
        "arn:aws:iam::aws:policy/NoSuchPolicyAtAll",
        "arn:aws:iam::111122223333:policy/ReadOnlyAccess",
        "ReadOnlyAccess",
        "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy",
    ):
        assert managed_policy(arn) is None, arn
