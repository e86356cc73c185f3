"""`audit` on dumps: who can become whom, in text, JSON and SARIF, with its exit codes, exceptions and baseline."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policies.cli.conftest import Command, Ran, Write
from tests.policies.reach.accounts import ADMINISTRATOR, HERE, THERE, Dump, policy, statement, trust
from tests.policies.reach.published import arn_of

EXTERNAL = "arn:aws:iam::999988887777:root"


@pytest.fixture
def chain(write: Write) -> str:
    """User dev of one account becomes role build, which becomes role deploy of another, an administrator."""
    here, there = Dump(HERE), Dump(THERE)
    here.user("dev", statement("sts:AssumeRole", here.arn("role", "build")))
    here.role("build", trust({"AWS": HERE}), statement("sts:AssumeRole", there.arn("role", "deploy")))
    there.role("deploy", trust({"AWS": here.arn("role", "build")}), attached=[ADMINISTRATOR])
    write("dumps/here.json", here.json())
    write("dumps/there.json", there.json())
    return "dumps"


@pytest.fixture
def harmless(write: Write) -> str:
    """A user that may assume a role that may read a bucket."""
    dump = Dump(HERE)
    dump.user("dev", statement("sts:AssumeRole", dump.arn("role", "reads")))
    dump.role("reads", trust({"AWS": dump.arn("user", "dev")}), statement("s3:GetObject", "arn:aws:s3:::site/*"))
    write("harmless.json", dump.json())
    return "harmless.json"


def arns(ran: Ran, key: str) -> set[str]:
    return {one["arn"].rpartition("/")[2] for one in ran.data["identities"] if one[key]}


def hops(ran: Ran) -> list[list[str]]:
    steps = ([step["to"].rpartition("/")[2] for step in path["steps"]] for path in ran.data["paths"])
    return sorted(steps, key=len)


def test_the_chain_is_an_error_of_who_begins_it_and_its_members_are_told_apart(command: Command, chain: str) -> None:
    ran = command("audit", chain, "--format", "json")
    assert (ran.code, ran.data["format"]) == (1, 1)
    assert arns(ran, "administrator") == {"deploy"}
    assert arns(ran, "reachesAdministrator") == {"dev", "build", "deploy"}
    assert hops(ran) == [["deploy"], ["build", "deploy"]]
    found = [
        one for one in ran.data["findings"] if one["rule"] == "no-privilege-escalation" and "chain" in one["evidence"]
    ]
    assert {one["level"] for one in found} == {"error"}
    assert any('the user "dev" assumes the role "build"' in one["message"] for one in found)


def test_an_edge_says_how_it_is_opened_on_both_ends(command: Command, chain: str) -> None:
    edges = command("audit", chain, "--format", "json").data["edges"]
    (edge,) = [one for one in edges if one["to"].endswith("role/deploy") and one["crossesAccounts"]]
    assert (edge["how"], edge["certainty"]) == ("assumes the role", "certain")
    assert {one["file"] for one in edge["because"]} == {"dumps/here.json", "dumps/there.json"}
    assert all(one["pointer"].endswith("/Statement/0") for one in edge["because"])


def test_accounts_in_which_nobody_reaches_an_administrator_are_clean(command: Command, harmless: str) -> None:
    ran = command("audit", harmless)
    assert ran.code == 0, ran.out
    assert "0 are administrators in effect, 0 more can reach one" in ran.out


def test_a_named_role_that_is_harmless_is_no_advice(command: Command, harmless: str) -> None:
    found = command("audit", harmless, "--format", "json").data["findings"]
    assert [one for one in found if one["rule"] == "no-privilege-escalation"] == []
    assert "no-privilege-escalation" in command("check", harmless).out


def test_text_tells_the_paths_and_what_closes_them(command: Command, chain: str) -> None:
    out = command("audit", chain).out
    for part in ("Administrators in effect:", "Who can become administrator:", "The single changes that close most:"):
        assert part in out
    assert '[certain] the user "dev" assumes the role "build"' in out


def test_sarif_places_the_chain_at_the_identity(command: Command, chain: str) -> None:
    results = command("audit", chain, "--format", "sarif").data["runs"][0]["results"]
    (found,) = [one for one in results if one["message"]["text"].startswith('the user "dev" assumes')]
    assert found["level"] == "error"
    assert found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "dumps/here.json"


def test_from_to_and_max_hops_choose_the_paths(command: Command, chain: str) -> None:
    def of(*more: str) -> list[list[str]]:
        return hops(command("audit", chain, "--format", "json", *more))

    assert of("--from", "dev") == [["build", "deploy"]]
    assert of("--to", "build") == [["build"]]
    assert of("--to", "*:role/*", "--from", f"arn:aws:iam::{HERE}:user/dev") == [["build"], ["build", "deploy"]]
    assert of("--max-hops", "1") == [["deploy"]]


def test_a_path_to_a_named_end_is_a_warning(command: Command, harmless: str) -> None:
    assert command("audit", harmless, "--to", "reads").code == 0
    assert command("audit", harmless, "--to", "reads", "--strict").code == 1


def test_a_name_that_nothing_has_is_not_taken_for_clean(command: Command, harmless: str) -> None:
    for option in ("--from", "--to"):
        ran = command("audit", harmless, option, "nobody")
        assert ran.code == 2
        assert "nothing that was read is called so" in ran.out


# --- inventories ------------------------------------------------------------------------------------------------------


@pytest.fixture
def function(write: Write) -> str:
    dump = Dump(HERE)
    dump.user("dev", statement("lambda:UpdateFunctionCode"))
    dump.role("powerful", trust({"Service": "lambda.amazonaws.com"}), attached=[ADMINISTRATOR])
    write("account.json", dump.json())
    return "account.json"


def certainties(ran: Ran) -> list[str]:
    return [one["certainty"] for one in ran.data["edges"] if one["from"].endswith("user/dev")]


def test_what_runs_is_needed_known_or_not_there(command: Command, write: Write, function: str) -> None:
    assert certainties(command("audit", function, "--format", "json")) == ["needs inventory"]
    there: dict[str, Any] = {"arn": arn_of("lambda:function"), "role": f"arn:aws:iam::{HERE}:role/powerful"}
    write("with.json", {"lambda:function": [there]})
    assert certainties(command("audit", function, "--inventory", "with.json", "--format", "json")) == ["certain"]
    write("without.json", {"lambda:function": [], "ec2:instance": []})
    gone = command("audit", function, "--inventory", "without.json", "--format", "json")
    assert (certainties(gone), arns(gone, "reachesAdministrator")) == ([], {"powerful"})
    both = command("audit", function, "--inventory", "without.json", "--inventory", "with.json", "--format", "json")
    assert certainties(both) == ["certain"]


def test_an_inventory_that_cannot_be_read_is_not_taken_for_empty(command: Command, write: Write, function: str) -> None:
    write("wrong.json", "[]")
    assert command("audit", function, "--inventory", "wrong.json").code == 2
    assert command("audit", function, "--inventory", "missing.json").code == 2


# --- who gets in ------------------------------------------------------------------------------------------------------


def test_who_gets_in_from_elsewhere_is_said_with_where_it_ends(command: Command, write: Write) -> None:
    dump = Dump(HERE)
    asked = {"Condition": {"StringEquals": {"sts:ExternalId": "x-17"}}}
    dump.role("door", trust({"AWS": EXTERNAL}, **asked), statement("sts:AssumeRole", dump.arn("role", "ops")))
    dump.role("ops", trust({"AWS": HERE}), attached=[ADMINISTRATOR])
    dump.role("window", trust({"AWS": EXTERNAL}, **asked), statement("s3:GetObject", "arn:aws:s3:::site/*"))
    write("account.json", dump.json())
    ran = command("audit", "account.json", "--format", "json")
    assert {(one["principal"], one["role"].rpartition("/")[2]) for one in ran.data["entries"]} == {
        (EXTERNAL, "door"),
        (EXTERNAL, "window"),
    }
    told = [one["message"] for one in ran.data["findings"] if "gets in through" in one["message"]]
    assert len(told) == 1
    assert told[0].startswith(f'{EXTERNAL} gets in through the role "door" (asked for sts:externalid)')
    assert 'assumes the role "ops"' in told[0]


# --- exceptions, baseline, sources ------------------------------------------------------------------------------------


def test_a_baseline_accepts_what_was_found_and_nothing_new(command: Command, write: Write, chain: str) -> None:
    assert command("audit", chain, "--write-baseline", "known.json").code == 0
    assert command("audit", chain, "--baseline", "known.json").code == 0
    dump = Dump("777788889999")
    dump.user("new", statement("iam:CreateAccessKey", dump.arn("user", "boss")))
    dump.user("boss", attached=[ADMINISTRATOR])
    write("dumps/more.json", dump.json())
    assert command("audit", chain, "--baseline", "known.json").code == 1


def test_an_exception_accepts_a_chain(command: Command, write: Write) -> None:
    dump = Dump(HERE)
    limits = dump.managed("limits", policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}))
    dump.user("dev", statement("sts:AssumeRole", dump.arn("role", "ops")), boundary=limits)
    dump.role("ops", trust({"AWS": HERE}), attached=[ADMINISTRATOR])
    write("account.json", dump.json())
    found = command("audit", "account.json", "--format", "json").data["findings"]
    (error,) = [one for one in found if one["level"] == "error" and "chain" in one["evidence"]]
    accepted = f"""
        [[exceptions]]
        rule = "no-privilege-escalation"
        resource = "account.json"
        finding = "{error["id"]}"
        owner = "platform"
        reason = "people of the platform team"
        ends = "2099-12-31"
    """
    write("accepted.toml", accepted)
    ran = command("audit", "account.json", "--exceptions", "accepted.toml", "--format", "json")
    assert error["id"] in {one["id"] for one in ran.data["excepted"]}
    assert error["id"] not in {one["id"] for one in ran.data["findings"]}


def test_a_template_is_audited_like_a_dump(command: Command, write: Write) -> None:
    write(
        "template.json",
        {
            "Resources": {
                "Dev": {
                    "Type": "AWS::IAM::User",
                    "Properties": {
                        "UserName": "dev",
                        "Policies": [{"PolicyName": "own", "PolicyDocument": policy(statement("iam:PutUserPolicy"))}],
                    },
                }
            }
        },
    )
    ran = command("audit", "template.json", "--format", "json")
    assert arns(ran, "administrator") == {"dev"}
