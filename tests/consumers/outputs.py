"""What programs in every language make of an identity whose arguments are outputs of another one's user."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.sandboxes import Sandbox


def assert_made_of_outputs(sandbox: Sandbox, outputs: dict[str, Any]) -> None:
    """The values of the outputs stand in documents and tags, and AWS has them."""
    bucket = f"arn:aws:s3:::example-{outputs['keyId']}/*"
    assert json.loads(outputs["permissions"]["permissions"])["Statement"][0]["Resource"] == bucket
    trusted = [one["Principal"]["AWS"] for one in json.loads(outputs["trust"])["Statement"]]
    assert f"arn:aws:iam::{sandbox.account}:user/other" in str(trusted)
    role = f"arn:aws:iam::{sandbox.account}:role/site-publisher"
    assert json.loads(outputs["secondPolicy"])["Statement"][0]["Resource"] == role
    iam: Any = sandbox.client("iam")
    live = iam.get_role_policy(RoleName="site-publisher", PolicyName="permissions")["PolicyDocument"]
    assert live["Statement"][0]["Resource"] == bucket
    assert {"Key": "secret", "Value": outputs["secret"]} in iam.list_role_tags(RoleName="site-publisher")["Tags"]
