"""What the command writes for shells, taken by real ones: the exports of `assume`, and the completion."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
import tree_sitter
import tree_sitter_powershell
from pipeline_identity_cli.exports import FORMS
from pipeline_identity_cli.sessions import Session

from tests.pipeline import shells
from tests.pipeline.conftest import program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.pipeline.conftest import Deployed, Ran

FORM_OF = {"sh": "sh", "bash": "sh", "dash": "sh", "zsh": "sh", "fish": "fish", "pwsh": "powershell"}
ASSUME = 'pipeline-identity assume --outputs "{outputs}" --pipeline orders --format'
WHOAMI = "pipeline-identity whoami --format json"
SCRIPTS = {
    "sh": f'set -eu\nexports="$({ASSUME} sh)"\nexport AWS_PROFILE=elsewhere\neval "$exports"\n{WHOAMI}\n',
    "fish": f"set exports ({ASSUME} fish)\nset -gx AWS_PROFILE elsewhere\nprintf '%s\\n' $exports | source\n{WHOAMI}\n",
    "powershell": f"$a = {ASSUME} powershell\n$Env:AWS_PROFILE = 'x'\n$a | Out-String | Invoke-Expression\n{WHOAMI}\n",
}


def ran_by(name: str, script: str, variables: dict[str, str]) -> Ran:
    shell = shells.find(name)
    quiet = ["-NoProfile", "-NonInteractive", "-Command"] if name == "pwsh" else ["-c"]
    return program(shell.program, *quiet, shell.prelude + script, env={**variables, **shell.variables})


@pytest.mark.parametrize("name", FORM_OF)
def test_a_real_shell_takes_the_exports(deployed: Deployed, shell: dict[str, str], name: str) -> None:
    ran = ran_by(name, SCRIPTS[FORM_OF[name]].format(outputs=deployed.outputs), shell)
    assert ran.code == 0, ran.err
    assert ran.data["arn"].startswith(f"arn:aws:sts::{deployed.sandbox.account}:assumed-role/orders-pipeline/")


@pytest.mark.parametrize("name", ["bash", "dash"])
def test_without_quotes_the_exports_are_taken_all_the_same(name: str) -> None:
    """The shell makes one line of them: `export A=1 export B=2 unset C` would unset nothing."""
    session = FORMS["sh"](awkward("plain"))
    seen = "echo ${AWS_PROFILE-unset} $AWS_SECRET_ACCESS_KEY\n"
    script = f"AWS_PROFILE=elsewhere\neval $(cat <<'END'\n{session}END\n)\n{seen}"
    assert ran_by(name, script, dict(os.environ)).out == "unset plain\n"


AWKWARD = [
    "it's",
    "''",
    'say "now"',
    r"back\slash\\",
    "ends with \\",
    "$HOME ${HOME} $(id) `id` %PATH% !!",
    "a;b|c&d>e<f*g?h[i]j{k,l}#m~n",
    " spaces  inside and around ",
    "tab\tand\nline",
    "ünï¢ødé ✓ 日本",
    "\u2018curly\u2019 \u201asingle\u201b \u201cdouble\u201d",
    "--flag -x =",
]


def awkward(value: str) -> Session:
    """A session that no AWS would hand out."""
    ends = datetime(2026, 11, 25, 16, 30, tzinfo=timezone.utc)
    return Session("ASIAEXAMPLE", value, value[::-1], ends, "arn:aws:sts::111122223333:assumed-role/site/run-7", "r")


@pytest.mark.parametrize("name", FORM_OF)
def test_whatever_a_value_holds_arrives_in_a_real_shell(name: str) -> None:
    show = "import json, os; print(json.dumps([os.environ['AWS_SECRET_ACCESS_KEY'], os.environ['AWS_SESSION_TOKEN']]))"
    call = f"{'& ' if name == 'pwsh' else ''}'{sys.executable}' -c \"{show}\"\n"
    script = "".join(FORMS[FORM_OF[name]](awkward(value)) + call for value in AWKWARD)
    ran = ran_by(name, script, {**os.environ, "PYTHONUTF8": "1", "HOME": "/nowhere"})
    assert ran.code == 0, ran.err
    assert [json.loads(line) for line in ran.out.splitlines()] == [[value, value[::-1]] for value in AWKWARD]


@pytest.mark.parametrize("value", [one for one in AWKWARD if "\u2018" not in one])
def test_a_parser_of_powershell_reads_whatever_a_value_holds(value: str) -> None:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    tree = parser.parse(FORMS["powershell"](awkward(value)).encode())
    assert not tree.root_node.has_error
    texts = [
        node.text.decode() for node in nodes(tree.root_node) if node.type == "verbatim_string_characters" and node.text
    ]
    assert [text[1:-1].replace("''", "'") for text in texts[1:3]] == [value, value[::-1]]
    assert parser.parse(b"$Env:A = 'it's'").root_node.has_error, "it would tell"


def nodes(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


def test_powershell_takes_curly_quotes_for_straight_ones() -> None:
    """By "about_Quoting_Rules" in its documentation, and its own `EscapeSingleQuotedStringContent`."""
    lines = FORMS["powershell"](awkward("\u2018curly\u2019 \u201asingle\u201b it's")).splitlines()
    assert (
        lines[1] == "$Env:AWS_SECRET_ACCESS_KEY = '\u2018\u2018curly\u2019\u2019 \u201a\u201asingle\u201b\u201b it''s'"
    )


COMPLETIONS = {
    "bash": """
eval "$(_PIPELINE_IDENTITY_COMPLETE=bash_source pipeline-identity)"
COMP_WORDS=({words}) COMP_CWORD={last}
_pipeline_identity_completion pipeline-identity
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    # What would show the choices prints them; where to show them is known on a terminal alone.
    "zsh": """
compdef() {{ }}
_describe() {{ print -rl -- "${{(@P)3}}" }}
compadd() {{ print -rl -- "${{(@P)@[-1]}}" }}
eval "$(_PIPELINE_IDENTITY_COMPLETE=zsh_source pipeline-identity)"
words=({words}) CURRENT=$(({last} + 1))
_pipeline_identity_completion
""",
    "fish": """
_PIPELINE_IDENTITY_COMPLETE=fish_source pipeline-identity | source
complete -C '{words}'
""",
}


@pytest.mark.parametrize("name", COMPLETIONS)
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["pipeline-identity", "ass"], "assume"),
        (["pipeline-identity", "assume", "--role"], "--role-arn"),
        (["pipeline-identity", "snippet", "--for", "azure"], "azure-devops"),
    ],
)
def test_a_real_shell_completes(
    deployed: Deployed, shell: dict[str, str], name: str, words: list[str], found: str
) -> None:
    ran = ran_by(name, COMPLETIONS[name].format(words=" ".join(words), last=len(words) - 1), shell)
    assert ran.code == 0, ran.err
    assert [line.split("\t")[0].partition(":")[0] for line in ran.out.splitlines()] == [found], ran.err
