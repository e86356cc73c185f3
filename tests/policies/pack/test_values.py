from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from iam_guardrails.language.unknown import UNKNOWN
from iam_guardrails.pack.resource import accounts_allowed, merged, partition_of
from iam_guardrails.pack.values import (
    Redaction,
    SecretText,
    decode,
    decode_one,
    holds_unknown,
    is_secret,
)

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWN_OBJECT = "dd056dcd-154b-4c76-9bd3-c8f88648b5ff"


def _decoded(properties: dict[str, Any]) -> dict[str, Any]:
    struct = Struct()
    struct.update(properties)
    return decode(struct)


def _secret(value: Any) -> dict[str, Any]:
    return {_SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": value}


def test_plain_values_stay_as_they_are():
    properties = {"text": "a", "number": 1.5, "yes": True, "nothing": None, "list": [1.0, {"a": "b"}]}
    assert _decoded(properties) == properties


def test_what_is_known_only_after_deployment_is_marked_wherever_it_stands():
    decoded = _decoded({"policy": _UNKNOWN_TEXT, "tags": {"a": [_UNKNOWN_OBJECT]}})
    assert decoded["policy"] is UNKNOWN
    assert holds_unknown(decoded["tags"])


def test_a_secret_that_was_taken_out_of_a_state_file_is_not_taken_for_a_document():
    assert _decoded({"policy": "[secret]"})["policy"] is UNKNOWN


def test_a_secret_is_read_and_remembered_as_one():
    decoded = _decoded({"policy": _secret("{}"), "list": _secret([{"a": "b"}]), "plain": "{}"})
    assert decoded["policy"] == "{}"
    assert isinstance(decoded["policy"], SecretText)
    assert is_secret(decoded["list"])
    assert not is_secret(decoded["plain"])


def test_an_unknown_secret_is_unknown():
    assert _decoded({"policy": _secret(_UNKNOWN_TEXT)})["policy"] is UNKNOWN


def _output(**more: Any) -> dict[str, Any]:
    return {_SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", **more}


def test_an_output_is_read_where_its_value_is_known_and_kept_hidden_where_it_is_a_secret():
    decoded = _decoded({"policy": _output(value="{}"), "key": _output(value="{}", secret=True), "later": _output()})
    assert decoded == {"policy": "{}", "key": "{}", "later": UNKNOWN}
    assert not is_secret(decoded["policy"])
    assert is_secret(decoded["key"])


def test_an_asset_is_nothing_that_can_be_judged():
    asset = {_SIGNATURE: "c44067f5952c0a294b673a41bacd8c17", "text": "{}"}
    assert _decoded({"policy": asset})["policy"] is UNKNOWN


def test_one_property_can_be_decoded_by_itself():
    struct = Struct()
    struct.update({"a": "b"})
    assert decode_one(struct, "a") == "b"
    assert decode_one(struct, "c") is None


ARN = "arn:aws:iam::111122223333:role/site"


def test_inputs_win_over_outputs_unless_only_the_output_is_known():
    inputs: dict[str, Any] = {"policy": "asked for", "name": UNKNOWN, "tags": UNKNOWN}
    outputs: dict[str, Any] = {"policy": "as AWS writes it", "name": "site", "arn": ARN, "id": UNKNOWN}
    assert merged(inputs, outputs, ()) == {
        "policy": "asked for",
        "name": "site",
        "tags": UNKNOWN,
        "arn": ARN,
    }


def test_what_other_resources_attached_is_not_taken_for_what_the_program_asked_of_this_one():
    outputs: dict[str, Any] = {"managedPolicyArns": ["attached by another resource"], "arn": ARN}
    assert merged({"name": "site"}, outputs, {"managedPolicyArns"}) == {"name": "site", "arn": ARN}


def test_a_resource_whose_inputs_nobody_told_is_known_by_its_outputs():
    outputs: dict[str, Any] = {"managedPolicyArns": UNKNOWN}
    assert merged(None, outputs, {"managedPolicyArns"}) == outputs


def test_account_ids_are_read_as_texts_and_as_numbers():
    assert accounts_allowed('["111122223333"]') == ("111122223333",)
    assert accounts_allowed("[11122223333]") == ("011122223333",)
    assert accounts_allowed([11122223333.0, "444455556666"]) == ("011122223333", "444455556666")


def test_the_partition_is_that_of_the_region():
    assert partition_of("cn-north-1") == "aws-cn"
    assert partition_of("us-gov-west-1") == "aws-us-gov"
    assert partition_of("us-isob-east-1") == "aws-iso-b"
    assert [partition_of(region) for region in ("eu-west-1", None, UNKNOWN)] == ["aws"] * 3


def test_what_names_no_account_allows_none():
    for ids in (None, "", "[]", "[true]", "no JSON", "{}", ["12345678901234"], UNKNOWN, ["12 4"], [1.5]):
        assert accounts_allowed(ids) == (), ids


def test_a_resource_without_inputs_is_known_by_its_outputs_and_any_other_by_both():
    outputs = {"policy": "{}", "arn": "arn"}
    assert merged({}, outputs, {"policy"}) == outputs
    assert merged(None, outputs, {"policy"}) == outputs
    assert merged({"name": "r"}, outputs, {"policy"}) == {"name": "r", "arn": "arn"}
    assert merged({"policy": UNKNOWN}, outputs, {"policy"}) == outputs


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        (
            "r",
            'UserLoginProfile "r": statement 1 of role/r',
            'UserLoginProfile "[secret]": statement 1 of role/[secret]',
        ),
        ("secret", 'the user "secret" may', 'the user "[secret]" may'),
        ("user", "the user may do this", "the user may do this"),
        (
            "organization",
            "bind them by organization or a token's subject",
            "bind them by organization or a token's subject",
        ),
        ("organization", 'the tag "organization"', 'the tag "[secret]"'),
        ("confidential-EXAMPLE", "it is xconfidential-EXAMPLEx", "it is x[secret]x"),
    ],
)
def test_a_secret_is_taken_out_where_it_is_a_value_and_mangles_no_other_word(secret: str, text: str, shown: str):
    redact = Redaction()
    redact.learn({"a": [SecretText(secret)], "b": SecretText("EXAMPLE-of-another")})
    assert redact(text) == shown
