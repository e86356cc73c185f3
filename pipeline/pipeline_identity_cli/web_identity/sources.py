"""Where a job's token comes from: a file, a variable, or a request to the CI system.

Sources: "OpenID Connect reference" in the documentation of GitHub Actions; "Oidctoken - Create" in the REST reference
of Azure DevOps, and "Predefined variables" there; the pages of CircleCI and Bitbucket on OpenID Connect tokens.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from pipeline_identity_cli.outcome import Stopped, one_line
from pipeline_identity_cli.texts import decoded

if TYPE_CHECKING:
    from collections.abc import Mapping

    import urllib3

FILE = "AWS_WEB_IDENTITY_TOKEN_FILE"
"""The variable that names a file with a token, for all of AWS's tools."""
GITHUB_HOST = "token.actions.githubusercontent.com"
"""The issuer of GitHub's tokens."""
_VARIABLES = ("CIRCLE_OIDC_TOKEN_V2", "BITBUCKET_STEP_OIDC_TOKEN")
"""Variables that hold a token, where a system always calls them the same."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_MOST = 100_000
"""How much of an answer is read, in bytes: a token has 20,000 characters at most."""


@dataclass(frozen=True)
class Asked:
    """Which token the options name: none of them, or one.

    Attributes:
        file: A file that holds it.
        variable: A variable that holds it.
        system: The system to ask for it: `github` or `azure-devops`.
        audience: The audience to ask GitHub for; None takes the one that the role trusts, else `sts.amazonaws.com`.
        service_connection: The id of the service connection that Azure DevOps makes it for; None: the pipeline itself.
    """

    file: str | None = None
    variable: str | None = None
    system: str | None = None
    audience: str | None = None
    service_connection: str | None = None

    def check(self) -> None:
        """Refuse options that exclude each other, or would say nothing.

        Raises:
            Stopped: They do.
        """
        if sum(one is not None for one in (self.file, self.variable, self.system)) > 1:
            raise Stopped("several tokens are named", "give one of --token-file, --token-env and --token-from")
        if self.service_connection and self.system != "azure-devops":
            fix = "it goes with --token-from azure-devops"
            raise Stopped("a service connection is of Azure DevOps alone", fix)

    @property
    def given(self) -> bool:
        """Whether a token is named."""
        return bool(self.file or self.variable or self.system)

    def text(self, audience: str) -> str:
        """The token that is named.

        Args:
            audience: The audience to ask GitHub for.

        Raises:
            Stopped: It cannot be had.
        """
        if self.file:
            return _from_file(self.file)
        if self.variable:
            return _from_variable(self.variable)
        if self.system == "azure-devops":
            return _from_azure_devops(self.service_connection)
        return _from_github(audience)


def found(role_arn: str | None, environment: Mapping[str, str]) -> Asked | None:
    """The token of the job that this runs in; None where it has none that is known.

    Args:
        role_arn: With a role, only the file counts that AWS's tools would take for this very role, and only where there
            are no keys, which they prefer. None: the pipeline has no keys, so any token does.
        environment: The job's variables.
    """
    if file := environment.get(FILE):
        for_it = environment.get("AWS_ROLE_ARN", role_arn) == role_arn
        if role_arn is None or (for_it and not environment.get("AWS_ACCESS_KEY_ID")):
            return Asked(file=file)
    if role_arn is not None:
        return None
    if environment.get("ACTIONS_ID_TOKEN_REQUEST_URL"):
        return Asked(system="github")
    if environment.get("SYSTEM_OIDCREQUESTURI"):
        return Asked(system="azure-devops")
    return next((Asked(variable=name) for name in _VARIABLES if environment.get(name)), None)


def _from_file(file: str) -> str:
    try:
        return decoded(Path(file).read_bytes())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text in UTF-8"
        # Who writes "$TOKEN" for a file hands over the token itself.
        name = one_line(file, 80)
        raise Stopped(f"the token in {name} cannot be read: {reason}", "name the file that the job writes") from None


def _from_variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w{0,127}", name, re.ASCII):
        # It is not shown: who writes "$TOKEN" for TOKEN hands over the token itself.
        fix = "write --token-env AWS_TOKEN, without a dollar sign"
        raise Stopped("--token-env takes the name of a variable, not its value", fix, kind="usage")
    if token := os.environ.get(name):
        return token
    known = name if re.fullmatch(r"[A-Z_][A-Z0-9_]{0,63}", name) else "that --token-env names"
    fix = "let the CI system hand one to this job"
    raise Stopped(f"the variable {one_line(known)} is not set, or is empty", fix, kind="no-token")


def _from_github(audience: str) -> str:
    url, bearer = (os.environ.get(f"ACTIONS_ID_TOKEN_REQUEST_{one}", "") for one in ("URL", "TOKEN"))
    fix = "give the job the permission id-token: write"
    if not url or not bearer:
        raise Stopped("GitHub gives this job no token", fix)
    return _asked("GitHub", "GET", url, {"audience": audience}, bearer, "value", fix)


def _from_azure_devops(service_connection: str | None) -> str:
    url, bearer = os.environ.get("SYSTEM_OIDCREQUESTURI", ""), os.environ.get("SYSTEM_ACCESSTOKEN", "")
    fix = "hand the step SYSTEM_ACCESSTOKEN: $(System.AccessToken) under env"
    if not url or not bearer:
        raise Stopped("Azure DevOps gives this step no token", fix)
    query = {"api-version": "7.1-preview.1"}
    query |= {"serviceConnectionId": service_connection} if service_connection else {}
    return _asked("Azure DevOps", "POST", url, query, bearer, "oidcToken", fix)


def _asked(system: str, method: str, url: str, query: Mapping[str, str], bearer: str, key: str, fix: str) -> str:
    """The token in a system's answer, which is JSON. No error says what was answered: it may hold the token."""
    import json

    import urllib3

    asked = f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(query)}"
    headers = {"Authorization": f"Bearer {bearer}", "Accept": "application/json"}
    again = urllib3.Retry(
        3, allowed_methods=None, status_forcelist=[500, 502, 503, 504], backoff_factor=0.5, raise_on_status=False
    )
    try:
        # No redirect is followed: the place it names would get the bearer's token.
        answer = _reach(system, url).request(
            method, asked, headers=headers, redirect=False, retries=again, preload_content=False
        )
        body = answer.read(_MOST)
    except urllib3.exceptions.HTTPError as error:
        reason = type(getattr(error, "reason", None) or error).__name__
        fix = "look at network, proxy (HTTPS_PROXY) and its certificate (SSL_CERT_FILE)"
        raise Stopped(f"{system} cannot be asked for a token: {reason}", fix) from None
    if answer.status >= 500:
        raise Stopped(f"{system} is not well (HTTP {answer.status})", "try again later", kind="unreachable")
    if answer.status == 407:
        problem = f"a proxy keeps {system} from being asked (HTTP 407)"
        raise Stopped(problem, "name its password in HTTPS_PROXY", kind="unreachable")
    if answer.status != 200:
        raise Stopped(f"{system} gives this job no token (HTTP {answer.status})", fix, kind="no-token")
    try:
        return str(json.loads(body)[key])
    except (ValueError, KeyError, TypeError):
        raise Stopped(f"{system} answers with something that holds no token", "look at the proxy in between") from None


def _reach(system: str, url: str) -> urllib3.PoolManager:
    """What sends the request: by HTTPS, or to this very machine."""
    from urllib.request import getproxies, proxy_bypass

    import urllib3

    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise Stopped(f"{system}'s address for tokens is not https", f"look at what has set it: {system} has not")
    timeout = urllib3.Timeout(connect=5, read=20)
    proxy = None if proxy_bypass(host) else getproxies().get(parts.scheme)
    return urllib3.ProxyManager(proxy, timeout=timeout) if proxy else urllib3.PoolManager(timeout=timeout)
