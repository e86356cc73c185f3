"""The token that a job starts from, if it starts from one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.redaction import remember
from pipeline_identity_cli.web_identity import comparison, sources, trust
from pipeline_identity_cli.web_identity.token import read

if TYPE_CHECKING:
    from pipeline_identity_cli.stack import Identity
    from pipeline_identity_cli.web_identity.token import Token


def token_for(identity: Identity, asked: sources.Asked, *, other_credentials: bool) -> Token | None:
    """The token with which to open a session, checked; None where the session is opened with AWS credentials.

    A token that is named is taken. Where none is named, a pipeline whose trust lets in nothing but tokens looks for the
    job's own; any other takes what AWS's tools would take by themselves for the same role.

    Args:
        identity: Whose session it is.
        asked: The token that the options name, if they do.
        other_credentials: Whether the options name AWS credentials, so that no token is looked for.

    Raises:
        Stopped: There is no token to be had, or AWS would refuse it.
    """
    asked.check()
    keyless = trust.only_tokens(identity.trust_policy)
    source = asked if asked.given else None
    if source is None and not other_credentials:
        source = sources.found(None if keyless else identity.role_arn, os.environ)
    if source is None and keyless:
        fix = "name it with --token-file, --token-env or --token-from"
        raise Stopped("the role takes tokens alone, and none is found in this job", fix, kind="no-token")
    if asked.audience and (source is None or source.system != "github"):
        raise Stopped("an audience can be asked of GitHub alone", "elsewhere it stands in the job's own file")
    if source is None:
        return None
    statements = trust.trusted(identity.trust_policy)
    token = read(source.text(asked.audience or trust.audience(statements, sources.GITHUB_HOST)))
    remember(token.text)
    token.check()
    comparison.check(token, identity.role_arn, identity.trust_policy)
    return token
