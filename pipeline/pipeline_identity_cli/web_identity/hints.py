"""What is behind a claim that the trust does not take, in the words of the system that has made the token.

Sources: "OpenID Connect reference" in the documentation of GitHub Actions (what a subject is made of, and that an
environment takes the branch's place in it), GitHub's changelog of 23 April 2026 (ids in subjects), "ID token
authentication" in that of GitLab, and "buildkite-agent oidc" in that of Buildkite.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from pipeline_identity_cli.outcome import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

_GITHUB = re.compile(r"token\.actions\.githubusercontent\.com(/.+)?|token\.actions\.[^.]+\.ghe\.com|.+/_services/token")
_SUBJECT = re.compile(r"repo:(?P<owner>[^/@:]+)(?:@(?P<owner_id>\d+))?/(?P<name>[^/@:]+)(?:@(?P<id>\d+))?:(?P<rest>.+)")
_PLACES = {"ref": "branch", "environment": "environment", "pull_request": "pull request"}
_ASKED_FOR = ("organization_id", "pipeline_id", "cluster_id", "cluster_name")


def hint(host: str, what: str, has: str, wanted: Sequence[str]) -> str:
    """What to do about a claim, where more is known than that it differs; else "".

    Args:
        host: The issuer without its scheme.
        what: The claim: `issuer`, `audience`, `subject`, or its name.
        has: What the token says; empty where it says nothing.
        wanted: What the role trusts instead, as values and patterns.
    """
    if what == "issuer":
        return _issuer(has, wanted)
    if any(fnmatchcase(has, one.replace("[", "[[]")) for one in wanted if has):
        return "the trust compares exactly what holds a wildcard: StringLike compares patterns, StringEquals does not"
    if any(one.lower() == has.lower() for one in wanted if has):
        return "capital and small letters count: write both alike"
    if what == "subject" and _GITHUB.fullmatch(host):
        return _github(has, wanted)
    return _claim(host, what, has)


def _issuer(has: str, wanted: Sequence[str]) -> str:
    if any(one.rstrip("/") == has.rstrip("/") for one in wanted):
        return "the two differ by a slash at the end, which belongs to the name: write the issuer as the token does"
    if has.startswith("http://"):
        return "AWS takes issuers by https alone"
    return ""


def _github(has: str, wanted: Sequence[str]) -> str:
    token = _SUBJECT.fullmatch(has)
    if token is None:
        return "the subject has another form: look at the organization's and repository's template for subjects"
    for one in wanted:
        trusted = _SUBJECT.fullmatch(one)
        if trusted is None or [part.lower() for part in trusted.group("owner", "name")] != [
            part.lower() for part in token.group("owner", "name")
        ]:
            continue
        if token["rest"] == trusted["rest"] and bool(token["id"]) != bool(trusted["id"]):
            return _ids(token)
        if token["rest"].partition(":")[0] != trusted["rest"].partition(":")[0]:
            return _place(token["rest"], trusted["rest"])
    return ""


def _ids(token: re.Match[str]) -> str:
    if token["id"]:
        ids = f"owner_id {token['owner_id']} and repository_id {token['id']}"
        return f"GitHub writes ids into this repository's subjects: trust {ids}"
    return "GitHub does not write ids into this repository's subjects: trust names, by subject_form names or both"


def _place(has: str, trusted: str) -> str:
    kind, _, name = has.partition(":")
    other, _, other_name = trusted.partition(":")
    if kind == "environment":
        into = f"trust environments: {one_line(name, 80)}"
        return (
            f"the job names an environment, which takes the {_PLACES.get(other, other)}'s place in the subject: {into}"
        )
    if other == "environment":
        return f"the job names no environment: write environment: {one_line(other_name, 80)} into the job"
    if kind == "pull_request":
        return "the job runs for a pull request: set pull_requests if that is meant"
    return ""


def _claim(host: str, what: str, has: str) -> str:
    from iam_guardrails import issuer_of

    if what in ("audience", "subject") or ":" in what.replace("://", ""):
        return ""
    if what not in issuer_of(host).claims:
        return f"AWS reads no such claim of tokens from https://{host}, so nobody meets it: take it out of the trust"
    if has:
        return ""
    if what == "environment" and _GITHUB.fullmatch(host):
        return "the job names no environment: write environment: into the job"
    if what in _ASKED_FOR:
        return f"let the job ask for the claim: buildkite-agent oidc request-token --claim {what}"
    return ""
