"""What the command reads, and what it says of the rest. Nothing unread is fine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.policies.cli.conftest import FINE, WILD, Command, Write


def files(report: dict[str, Any]) -> list[str]:
    return [str(one["file"]) for one in report["documents"]]


def test_a_file_with_a_fine_document_is_clean(command: Command, write: Write) -> None:
    write("a.json", FINE)
    ran = command("check", "a.json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "1 document checked: 1 clean."


def test_a_document_on_standard_input_is_judged_like_one_in_a_file(command: Command) -> None:
    assert command("check", "-", stdin=json.dumps(FINE)).code == 0
    ran = command("check", "-", "--stdin-name", "deploy.json", stdin=json.dumps(WILD))
    assert ran.code == 1
    assert "deploy.json:1:" in ran.out


def test_a_folder_is_searched_to_its_depths_in_a_steady_order(command: Command, write: Write) -> None:
    for name in ("p/b.json", "p/a.json", "p/deep/er/c.jsonl", "p/deep/d.ndjson"):
        write(name, json.dumps(FINE))
    data = command("check", "p", "--format", "json").data
    assert files(data) == ["p/a.json", "p/b.json", "p/deep/d.ndjson", "p/deep/er/c.jsonl"]


def test_folders_that_other_tools_fill_are_not_searched(command: Command, write: Write) -> None:
    for name in ("p/.terraform/a.json", "p/node_modules/x/a.json", "p/deep/.git/a.json"):
        write(name, WILD)
    write("p/.hidden/.a.json", FINE)
    assert files(command("check", "p", "--format", "json").data) == ["p/.hidden/.a.json"]


def test_links_to_folders_are_followed_but_not_in_circles(command: Command, write: Write, folder: Path) -> None:
    write("elsewhere/a.json", WILD)
    write("p/b.json", FINE)
    (folder / "p/there").symlink_to("../elsewhere")
    (folder / "p/again").symlink_to("../p")
    assert files(command("check", "p", "--format", "json").data) == ["p/b.json", "p/there/a.json"]


def test_a_pattern_finds_files_where_no_shell_has_done_so(command: Command, write: Write) -> None:
    write("p/a.json", FINE)
    write("p/deep/b.json", FINE)
    assert files(command("check", "p/*.json", "--format", "json").data) == ["p/a.json"]
    assert files(command("check", "p/**/*.json", "--format", "json").data) == ["p/a.json", "p/deep/b.json"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(command: Command, write: Write) -> None:
    write("a[1].json", FINE)
    assert command("check", "a[1].json").code == 0


@pytest.mark.parametrize("argument", ["p/*.json", "nowhere.json", "empty"])
def test_an_argument_that_holds_no_file_is_not_fine(
    command: Command, write: Write, folder: Path, argument: str
) -> None:
    write("a.json", FINE)
    (folder / "empty").mkdir()
    ran = command("check", "a.json", argument)
    assert ran.code == 2
    assert f"{argument}: not checked: " in ran.out
    assert "1 document checked: 1 clean. 1 could not be checked." in ran.out


def test_a_file_named_twice_is_judged_once(command: Command, write: Write, folder: Path) -> None:
    write("p/a.json", FINE)
    (folder / "p/b.json").symlink_to("a.json")
    assert files(command("check", "p/a.json", "./p/a.json", "p", "--format", "json").data) == ["p/a.json"]


def test_json_lines_hold_a_document_a_line(command: Command, write: Write) -> None:
    write("a.jsonl", f"{json.dumps(FINE)}\n\n{json.dumps(WILD)}\n")
    data = command("check", "a.jsonl", "--format", "json").data
    assert [(one["line"], one["refused"]) for one in data["documents"]] == [(1, False), (3, True)]
    assert data["documents"][1]["findings"][0]["line"] == 3


def test_json_lines_are_known_by_their_content_too(command: Command) -> None:
    ran = command("check", "-", "--format", "json", stdin=f"{json.dumps(FINE)}\r\n{json.dumps(WILD)}\r\n")
    assert [one["refused"] for one in ran.data["documents"]] == [False, True]


def test_one_document_written_over_many_lines_is_no_json_lines(command: Command) -> None:
    assert len(command("check", "-", "--format", "json", stdin=json.dumps(WILD, indent=1)).data["documents"]) == 1


@pytest.mark.parametrize("line", ['{"Version": "2012-10-17", "Statement": [', '{"Statement": [}', '"Effect": "Allow"'])
def test_a_broken_line_among_json_lines_is_refused_at_its_line(command: Command, write: Write, line: str) -> None:
    write("a.jsonl", f"{json.dumps(FINE)}\n{line}\n")
    ran = command("check", "a.jsonl", "--format", "json")
    assert ran.code == 1
    (finding,) = ran.data["documents"][1]["findings"]
    assert (finding["rule"], finding["line"]) == ("well-formed-documents", 2)


@pytest.mark.parametrize(
    "content",
    ["", " \n", "{}", "[]", "7", "hello", '{"name": "app", "dependencies": {"a": "1"}}', '{"statement": "we like it"}'],
    ids=["nothing", "white space", "no members", "no items", "a number", "a word", "a package", "a survey"],
)
def test_a_named_file_without_a_policy_document_could_not_be_judged(
    command: Command, write: Write, content: str
) -> None:
    write("a.json", content)
    ran = command("check", "a.json")
    assert ran.code == 2
    assert "a.json: not checked: no policy document is there" in ran.out


@pytest.mark.parametrize(
    "content",
    [
        '{"Version": "2012-10-17"}',
        '{"statement": [{"effect": "Allow"}]}',
        '{"Effect": "Allow", "Action": "*", "Resource": "*"}',
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject" "Resource": "*"}]}',
        '{"Version": "2012-10-17", "\\u0053tatement": [',
        '\ufeff{"Version": "2012-10-17", "Statement": []}',
        '{"Version": "2012-10-17", "Version": "2008-10-17", "Statement": []}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}], "Statement": "none"}',
        '{"Statement": "none"}',
    ],
    ids=[
        "no statement",
        "lower case",
        "a bare statement",
        "no comma",
        "escaped names",
        "a mark first",
        "twice",
        "another statement after it",
        "a statement that is none",
    ],
)
def test_what_was_meant_as_a_policy_document_is_refused_and_not_passed_over(
    command: Command, write: Write, content: str
) -> None:
    write("p/a.json", content)
    ran = command("check", "p", "--only-policies")
    assert ran.code == 1
    assert "error well-formed-documents" in ran.out


def test_files_in_a_folder_that_hold_no_policy_document_are_passed_over_and_named(
    command: Command, write: Write
) -> None:
    write("p/a.json", FINE)
    write("p/package.json", {"name": "app"})
    write("p/tsconfig.json", "{\n  // with comments\n}")
    ran = command("check", "p")
    assert ran.code == 0
    assert "Passed over, for they hold no policy document: p/package.json, p/tsconfig.json." in ran.out


def test_a_folder_without_any_policy_document_could_not_be_judged(command: Command, write: Write) -> None:
    write("p/package.json", {"name": "app"})
    assert command("check", "p").code == 2


def test_a_hook_may_be_handed_files_without_any_policy_document(command: Command, write: Write) -> None:
    write("package.json", {"name": "app"})
    write("a.json", WILD)
    assert command("check", "--only-policies", "package.json").code == 0
    assert command("check", "--only-policies", "package.json", "a.json").code == 1


def test_a_line_without_a_document_among_others_is_not_passed_over(command: Command, write: Write) -> None:
    write("p/a.jsonl", f"{json.dumps(FINE)}\nnull\n")
    ran = command("check", "p", "--only-policies")
    assert ran.code == 2
    assert "p/a.jsonl:2: not checked: no policy document is there" in ran.out


@pytest.mark.parametrize(
    ("value", "where"),
    [
        ({"Role": {"AssumeRolePolicyDocument": WILD}}, "/Role/AssumeRolePolicyDocument"),
        ({"a/b": [{"policy": json.dumps(WILD)}]}, "/a~1b/0/policy"),
        ({"Document": quote(json.dumps(WILD))}, "/Document"),
        ([FINE, WILD], "/1"),
    ],
    ids=["answer of an AWS call", "state file", "encoded for a URL", "list"],
)
def test_documents_inside_something_else_are_checked_where_they_stand(
    command: Command, write: Write, value: object, where: str
) -> None:
    write("p/answer.json", value)
    ran = command("check", "p", "--only-policies", "--format", "json")
    assert ran.code == 1
    assert [one["pointer"] for one in ran.data["documents"] if one["refused"]] == [where]


def test_files_and_folders_can_be_left_out_of_a_folder(command: Command, write: Write) -> None:
    write("p/a.json", FINE)
    write("p/limits/scp.json", WILD)
    write("p/template.json", {"policies": [WILD]})
    assert command("check", "p", "--exclude", "limits", "--exclude", "*template.json").code == 0
    assert command("check", "p", "--exclude", "p/limits/*").code == 1


def test_a_file_that_is_named_is_read_even_if_its_folder_would_leave_it_out(command: Command, write: Write) -> None:
    write("p/a.json", WILD)
    assert command("check", "p/a.json", "--exclude", "p").code == 1


def test_a_file_that_is_no_utf8_is_named_and_not_judged(command: Command, write: Write) -> None:
    write("a.json", json.dumps(FINE).encode("utf-16"))
    write("b.json", b'{"Version": "caf\xe9"}')
    ran = command("check", "a.json", "b.json")
    assert ran.code == 2
    assert "a.json: not checked: it is UTF-16 text" in ran.out
    assert "b.json: not checked: it is no UTF-8 text (byte 17)" in ran.out


def test_a_dangling_link_in_a_folder_is_named_and_not_judged(command: Command, write: Write, folder: Path) -> None:
    write("p/a.json", FINE)
    (folder / "p/b.json").symlink_to("nowhere.json")
    ran = command("check", "p")
    assert ran.code == 2
    assert "p/b.json: not checked: it cannot be read: No such file or directory" in ran.out


def test_a_device_that_never_ends_is_not_read_forever(command: Command) -> None:
    ran = command("check", "/dev/zero")
    assert ran.code == 2
    assert "/dev/zero: not checked: it has more than" in ran.out


def test_a_document_longer_than_any_that_aws_takes_is_refused(command: Command, write: Write) -> None:
    write("a.json", json.dumps({**FINE, "Id": "x" * 600_000}))
    ran = command("check", "a.json")
    assert ran.code == 1
    assert "error well-formed-documents" in ran.out
