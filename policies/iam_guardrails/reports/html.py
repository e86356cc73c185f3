"""The audit as one page of HTML that needs nothing else: style, scripts, layout library and data are in it.

The audit's data is JSON text in the page in which no character can end or begin an element; the scripts make text nodes
of it, never markup. The page's content security policy allows the page's own style and script, by their hashes, and
nothing else: no network, no other script, no form.

The layout library is dagre (MIT; `page/dagre.LICENSE.txt`, version in `page/README.md`).
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

from iam_guardrails.reports.page_data import page_data

_SCRIPTS = ("dom", "audit", "groups", "picture", "parts", "overview", "lists", "identity", "search", "main")
_UNSAFE = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}
"""What could end the element that the data stands in, or begin another; JSON has an escape for each."""


def render(audit: Mapping[str, object]) -> str:
    """The page of an audit.

    Args:
        audit: the audit as its report in JSON has it, read.

    Raises:
        ValueError: what is given has no members of an audit's report.
    """
    data = page_data(audit)
    style, script = _file("report.css"), _script()
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return Template(_file("page.html")).substitute(
        policy=policy,
        title=escape(str(data["title"])),
        summary=escape(str(data["summary"])),
        style=style,
        script=script,
        data=embedded(data),
    )


def embedded(data: object) -> str:
    """A value as JSON text that can stand in a `script` element, whatever its texts hold."""
    return json.dumps(data, separators=(",", ":")).translate(_UNSAFE)


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


@cache
def _script() -> str:
    library = _file("dagre.min.js").partition("\n//# sourceMappingURL")[0]
    licence = f"/*! dagre\n{_file('dagre.LICENSE.txt')}*/\n"
    return licence + library + "\n" + "\n".join(_file(f"{name}.js") for name in _SCRIPTS)


@cache
def _file(name: str) -> str:
    return (files("iam_guardrails.reports") / "page" / name).read_text(encoding="utf-8")
