"""What standard output holds when a command stops, in the form that was asked for.

A program that reads JSON, JUnit or SARIF gets a document whatever happens, and the summary of a job says that there is
no result. A shell that evaluates what `assume` prints gets lines that end the script: `eval "$(...)"` by itself does
not notice that the command inside has failed.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from pipeline_identity_cli.outcome import FORMAT
from pipeline_identity_cli.texts import SARIF_SCHEMA, markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipeline_identity_cli.options import Run
    from pipeline_identity_cli.outcome import Stopped


def document(run: Run, stopped: Stopped) -> str:
    """What goes to standard output; nothing where the form is for people or for an SDK.

    Args:
        run: The command, and the form it was asked for. Where `assume` was asked for a form that is
            none, or for none at all, a shell may still evaluate what it prints, and the line is that of sh.
        stopped: Why there is no result.
    """
    from iam_guardrails.terminal import is_terminal

    from pipeline_identity_cli.exports import FORMS

    if run.form in _DOCUMENTS:
        return _DOCUMENTS[run.form](run, stopped)
    if run.command == "assume":
        unread = "" if run.form in FORMS or is_terminal() else _SHELLS["sh"]
        return _SHELLS.get(run.form, unread).format(code=stopped.code)
    return ""


_NO_VARIABLE = "pipeline-identity: the role was not assumed (exit code {code})\n"
_SHELLS = {
    # A shell that somebody types into stays open: nobody wants to lose a terminal to a mistyped role. With `-c` it runs
    # what a script gave it, even as `bash -ic`.
    "sh": "case $- in *c*) exit {code} ;; *i*) (exit {code}) ;; *) exit {code} ;; esac\n",
    # `exit` in what `source` reads ends only that; `exec` ends the script.
    "fish": "status is-interactive; or exec sh -c 'exit {code}'\nsh -c 'exit {code}'\n",
    "powershell": "throw 'pipeline-identity: the role was not assumed (exit code {code})'\n",
    # What reads such lines rejects this one: `export $(...)`, `docker run --env-file`, GitLab's report. Of no line at
    # all, `export` would print the environment, and the others would go on without credentials.
    "dotenv": _NO_VARIABLE,
    "gitlab-dotenv": _NO_VARIABLE,
}


def _json(run: Run, stopped: Stopped) -> str:
    error = {"id": stopped.kind, "problem": stopped.problem, "fix": stopped.fix}
    content = {"format": FORMAT, "command": run.command, "exit_code": stopped.code, "error": error}
    return json.dumps(content, indent=2) + "\n"


def _junit(run: Run, stopped: Stopped) -> str:
    from xml.etree import ElementTree

    counts = {"tests": "1", "failures": "0", "errors": "1"}
    suites = ElementTree.Element("testsuites", {"name": "pipeline-identity", **counts})
    suite = ElementTree.SubElement(suites, "testsuite", {"name": run.command, **counts})
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in (("format", FORMAT), ("exit_code", stopped.code)):
        ElementTree.SubElement(properties, "property", name=name, value=str(value))
    case = ElementTree.SubElement(suite, "testcase", classname=run.command, name=stopped.kind)
    ElementTree.SubElement(case, "error", type=stopped.kind, message=str(stopped))
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"


def _sarif(run: Run, stopped: Stopped) -> str:
    notification = {"level": "error", "descriptor": {"id": stopped.kind}, "message": {"text": str(stopped)}}
    invocation = {
        "executionSuccessful": False,
        "exitCode": stopped.code,
        "toolExecutionNotifications": [notification],
    }
    tool = {"driver": {"name": f"pipeline-identity {run.command}"}}
    runs = [{"tool": tool, "invocations": [invocation], "results": []}]
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": runs}, indent=2) + "\n"


def _markdown(run: Run, stopped: Stopped) -> str:
    return f"### pipeline-identity {run.command}: no result\n\n{markdown(str(stopped))} (`{stopped.kind}`)\n"


_DOCUMENTS: dict[str, Callable[[Run, Stopped], str]] = {
    "json": _json,
    "junit": _junit,
    "sarif": _sarif,
    "markdown": _markdown,
}


def fill_in(run: Run, arguments: Sequence[str]) -> None:
    """Take the command and its form from arguments that click could not read, and from the variable of `--format`."""
    from pipeline_identity_cli.options import variable

    run.form = run.form or _form_in(arguments)
    if not run.command and ("assume" in arguments or run.form in _SHELLS):
        # No other command writes for shells, so a misspelled one is meant for it.
        run.command = "assume"
    run.form = run.form or os.environ.get(variable(run.command, "--format"), "")


def _form_in(arguments: Sequence[str]) -> str:
    for index, word in enumerate(arguments):
        if word == "--":
            break
        if word.startswith("--format="):
            return word.partition("=")[2]
        if word == "--format" and index + 1 < len(arguments):
            return arguments[index + 1]
    return ""
