"""`assume` from a CI system's token: where it comes from, what is refused before AWS is asked, and what AWS refuses."""

from __future__ import annotations

import base64
import json
import shutil
import ssl
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.pipeline.ci_systems import AZURE_DEVOPS, BEARER, GITHUB, PIPELINE, SUBJECT, System, refusal, serving, token
from tests.support import secrets_guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipeline.conftest import Command, Deployed, Ran


@pytest.fixture
def keyless(job: Command) -> Command:
    """The command in a job that has no keys."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        job.monkeypatch.delenv(name)
    return job


def assume(keyless: Command, deployed: Deployed, *arguments: str, pipeline: str = "release") -> Ran:
    outputs = ("--outputs", deployed.outputs, "--pipeline", pipeline)
    return keyless("assume", "--format", "json", "--settle", "0", *outputs, *arguments)


def assume_role_alone(keyless: Command, deployed: Deployed, *arguments: str) -> Ran:
    """Without outputs, so nothing is known of the trust: AWS decides."""
    role = deployed.pipelines["release"]["roleArn"]
    return keyless("assume", "--format", "json", "--settle", "0", "--role-arn", role, *arguments)


def is_the_session(ran: Ran, deployed: Deployed) -> bool:
    assert (ran.code, ran.err) == (0, "")
    return ran.data["AssumedRoleArn"].startswith(
        f"arn:aws:sts::{deployed.sandbox.account}:assumed-role/release-pipeline/"
    )


def test_a_token_in_a_file_opens_the_session(keyless: Command, deployed: Deployed) -> None:
    Path("token").write_text(token() + "\n")
    assert is_the_session(assume(keyless, deployed, "--token-file", "token"), deployed)
    keyless.environment({"AWS_WEB_IDENTITY_TOKEN_FILE": "token"})
    assert is_the_session(assume(keyless, deployed), deployed), "the variable of AWS's own tools"


def test_where_the_outputs_hide_the_trust_aws_decides(keyless: Command, deployed: Deployed) -> None:
    outputs = {"roleArn": deployed.pipelines["release"]["roleArn"], "trustPolicy": "[secret]"}
    Path("hidden.json").write_text(json.dumps(outputs))
    keyless.environment({"AWS_TOKEN": token()})
    hidden = ("--outputs", "hidden.json", "--token-env", "AWS_TOKEN")
    assert is_the_session(keyless("assume", "--format", "json", "--settle", "0", *hidden), deployed)


@pytest.mark.parametrize("name", ["CIRCLE_OIDC_TOKEN_V2", "BITBUCKET_STEP_OIDC_TOKEN"])
def test_a_token_in_a_systems_own_variable_is_found(keyless: Command, deployed: Deployed, name: str) -> None:
    keyless.environment({name: token()})
    assert is_the_session(assume(keyless, deployed), deployed)


def test_a_token_in_a_variable_of_any_name_is_named(keyless: Command, deployed: Deployed) -> None:
    keyless.environment({"AWS_TOKEN": token()})
    assert is_the_session(assume(keyless, deployed, "--token-env", "AWS_TOKEN"), deployed)
    assert is_the_session(assume_role_alone(keyless, deployed, "--token-env", "AWS_TOKEN"), deployed)


def test_the_session_lasts_as_long_as_asked(keyless: Command, deployed: Deployed) -> None:
    keyless.environment({"AWS_TOKEN": token()})
    ran = assume(keyless, deployed, "--token-env", "AWS_TOKEN", "--duration", "901", "--session-name", "run-7")
    assert ran.data["AssumedRoleArn"].endswith("/run-7")
    ends = time.mktime(time.strptime(ran.data["Expiration"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone
    assert 850 < ends - time.time() <= 902
    assert assume(keyless, deployed, "--token-env", "AWS_TOKEN", "--duration", "899").code == 2


def test_keys_in_the_environment_do_not_go_along(job: Command, deployed: Deployed) -> None:
    """With keys of somebody else, and even with wrong ones: the call is not signed."""
    job.environment({"AWS_TOKEN": token(), "AWS_SECRET_ACCESS_KEY": "wrong"})
    assert is_the_session(assume(job, deployed, "--token-env", "AWS_TOKEN"), deployed)


def test_the_variable_of_awss_tools_counts_for_its_own_role_alone(keyless: Command, deployed: Deployed) -> None:
    """A machine's own role may come from a token, too: sessions then start from that role, not from its token."""
    Path("token").write_text(token())
    role = deployed.pipelines["release"]["roleArn"]
    keyless.environment({"AWS_WEB_IDENTITY_TOKEN_FILE": "token"})
    assert is_the_session(assume_role_alone(keyless, deployed), deployed)
    keyless.environment({"AWS_ROLE_ARN": role})
    assert is_the_session(assume_role_alone(keyless, deployed), deployed)
    keyless.environment({"AWS_ROLE_ARN": deployed.pipelines["orders"]["roleArn"]})
    ran = assume_role_alone(keyless, deployed)
    assert "the token says" not in ran.err
    assert ran.stopped == 1, "the other role does not take this token, so there is nothing to start from"
    keyless.become(deployed.key("orders"))
    assert "sts:AssumeRole " in assume_role_alone(keyless, deployed).err + " ", "keys go before a token"


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"iss": "https://gitlab.com"}, f"issuer 'https://gitlab.com'; it trusts {GITHUB} or {AZURE_DEVOPS}/"),
        ({"aud": "sts.amazonaws.com"}, "audience 'sts.amazonaws.com'; it trusts acme"),
        ({"aud": ["a", "b"]}, "audience 'a and b'; it trusts acme"),
        ({"aud": None}, "audience ''; it trusts acme"),
        ({"sub": "repo:acme/shop:ref:refs/heads/main"}, "trusts repo:acme/shop:ref:refs/heads/release/*"),
        ({**PIPELINE, "sub": "p://acme/shop/other"}, "subject 'p://acme/shop/other'; it trusts p://acme/shop/release"),
        ({**PIPELINE, "aud": "acme"}, "audience 'acme'; it trusts api://AzureADTokenExchange"),
    ],
)
def test_a_token_that_the_role_does_not_trust_is_refused_before_aws_is_asked(
    keyless: Command, deployed: Deployed, closed_port: int, claims: dict[str, Any], told: str
) -> None:
    keyless.environment({"AWS_TOKEN": token(**claims), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}"})
    ran = assume(keyless, deployed, "--token-env", "AWS_TOKEN")
    assert ran.stopped == 2
    assert told in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize("claims", [{}, {"azp": "acme"}, {"exp": None}, PIPELINE])
def test_its_near_twin_passes(keyless: Command, deployed: Deployed, claims: dict[str, Any]) -> None:
    keyless.environment({"AWS_TOKEN": token(**claims)})
    assert is_the_session(assume(keyless, deployed, "--token-env", "AWS_TOKEN"), deployed)


@pytest.mark.parametrize(
    ("claim", "seconds", "told"),
    [
        ("exp", -1200, "the token expired 20 minutes ago; ask for a new one in the same job"),
        ("exp", -86_400, "the token expired 24 hours ago"),
        ("nbf", 3_000, "the token begins in 50 minutes; look at this machine's clock"),
    ],
)
def test_a_token_of_another_time_is_refused_before_aws_is_asked(
    keyless: Command, deployed: Deployed, closed_port: int, claim: str, seconds: int, told: str
) -> None:
    said = token(**{claim: time.time() + seconds})
    keyless.environment({"AWS_TOKEN": said, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}"})
    ran = assume(keyless, deployed, "--token-env", "AWS_TOKEN")
    assert ran.stopped == 2
    assert told in ran.err


@pytest.mark.parametrize(
    "text", ["no-token", "a.b.c", f"a.{base64.b64encode(b'[1]').decode()}.c", "a.e30.c", f"{'a' * 20_000}.e30.c"]
)
def test_what_is_no_token_is_refused_without_being_shown(keyless: Command, deployed: Deployed, text: str) -> None:
    keyless.environment({"AWS_TOKEN": text})
    ran = assume(keyless, deployed, "--token-env", "AWS_TOKEN")
    assert ran.stopped == 2
    assert "the value is not a JSON Web Token" in ran.err
    assert text not in ran.err


@pytest.mark.parametrize(
    ("around", "told"),
    [
        ('"{}"', "the token stands in quotes"),
        ("'{}'", "the token stands in quotes"),
        ("Bearer {}", "the token has the word Bearer before it"),
        ('{{"count": 1, "value": "{}"}}', "the token stands in the JSON that the CI system answered with"),
        ("{} # of this job", "the token has white space in it"),
        ("$AWS_TOKEN", "the token was not filled in"),
    ],
)
def test_what_stands_around_a_token_is_named(keyless: Command, deployed: Deployed, around: str, told: str) -> None:
    keyless.environment({"AWS_TOKEN": around.format(token())})
    ran = assume(keyless, deployed, "--token-env", "AWS_TOKEN")
    assert ran.stopped == 2
    assert f"{told}; hand over the token alone" in ran.err
    assert "eyJ" not in ran.err


def test_a_token_in_the_place_of_its_variables_name_is_not_shown(keyless: Command, deployed: Deployed) -> None:
    for given in (token(), "glpat-abcdefghijklmnop", "abcdefghijklmnop1234"):
        ran = assume(keyless, deployed, "--token-env", given)
        assert ran.stopped == 2
        assert given not in ran.err + ran.out


@pytest.mark.parametrize("around", ["AWS_TOKEN={}", "\ufeff{}", "{}==", "{},"])
def test_what_came_along_with_a_token_makes_it_none(command: Command, around: str) -> None:
    command.environment({"AWS_TOKEN": around.format(token())})
    role = "arn:aws:iam::111122223333:role/site"
    ran = command("assume", "--format", "json", "--role-arn", role, "--token-env", "AWS_TOKEN")
    assert ran.stopped == 2
    assert "the value is not a JSON Web Token" in ran.err


def test_a_token_in_the_place_of_its_file_is_not_shown(command: Command) -> None:
    for given in (token(), "glpat-abcdefghijklmnop1234"):
        role = "arn:aws:iam::111122223333:role/site"
        ran = command("assume", "--format", "json", "--role-arn", role, "--token-file", given)
        assert ran.stopped == 2
        assert "the token in [hidden] cannot be read" in ran.err
        assert given not in ran.err + ran.out
        assert given not in command("whoami", "--outputs", given).err
        assert given not in command("assume", "--format", "json", "--role-arn", role, "--session-policy", given).err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "the role takes tokens alone, and none is found in this job; name it with --token-file"),
        (("--token-env", "NOWHERE"), "the variable NOWHERE is not set, or is empty"),
        (("--token-file", "nowhere"), "the token in nowhere cannot be read: No such file"),
        (("--token-file", "a", "--token-env", "B"), "give one of --token-file, --token-env and --token-from"),
        (("--token-from", "github"), "GitHub gives this job no token; give the job the permission id-token: write"),
        (("--token-from", "azure-devops"), "hand the step SYSTEM_ACCESSTOKEN"),
        (("--token-from", "github", "--service-connection", "x"), "a service connection is of Azure DevOps alone"),
        (("--token-env", "AWS_TOKEN", "--audience", "acme"), "an audience can be asked of GitHub alone"),
        (("--token-env", "AWS_TOKEN", "--tag", "team=web"), "takes no tags, no source identity and no external id"),
        (("--token-env", "AWS_TOKEN", "--external-id", "acme"), "takes no tags, no source identity and no external id"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    keyless: Command, deployed: Deployed, arguments: tuple[str, ...], told: str
) -> None:
    keyless.environment({"AWS_TOKEN": token()})
    ran = assume(keyless, deployed, *arguments)
    assert ran.stopped == 2
    assert told in ran.err


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        (
            {"sub": "repo:acme/shop:ref:refs/heads/main"},
            "look at, in this order: the role's ARN (is it there?), and issuer",
        ),
        ({"iss": "https://nobody.example"}, "the account has no identity provider for the token's issuer"),
        ({"aud": "nobody"}, "the identity provider in IAM does not list the token's audience"),
    ],
)
def test_what_aws_refuses_is_told_with_what_the_token_says(
    keyless: Command, deployed: Deployed, claims: dict[str, Any], told: str
) -> None:
    keyless.environment({"AWS_TOKEN": token(**claims)})
    ran = assume_role_alone(keyless, deployed, "--token-env", "AWS_TOKEN")
    assert ran.stopped == (2 if claims.keys() & {"iss", "aud"} else 1)
    assert told in ran.err
    said = {"iss": GITHUB, "aud": "acme", "sub": SUBJECT, **claims}
    assert f"; the token says: issuer {said['iss']}, audience {said['aud']}, subject {said['sub']}" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("code", "message", "told"),
    [
        ("IDPCommunicationError", "Error communicating with the identity provider", "did not answer AWS: try again"),
        ("IDPRejectedClaim", "The claim was rejected", "AWS takes the token for none of this issuer"),
        (
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider",
            "AWS cannot read the issuer's keys",
        ),
        (
            "ExpiredTokenException",
            "Token expired: current date/time 1795635000 must be before the expiration date/time 1795634000",
            "the token has expired: ask for a new one in the same job",
        ),
    ],
)
def test_what_only_aws_itself_says_is_told_too(
    keyless: Command, deployed: Deployed, asked_system: System, code: str, message: str, told: str
) -> None:
    asked_system.answers = [(400, refusal(code, message))]
    keyless.environment({"AWS_TOKEN": token(), "AWS_ENDPOINT_URL": asked_system.url})
    ran = assume_role_alone(keyless, deployed, "--token-env", "AWS_TOKEN")
    assert ran.stopped == 2
    assert f"AWS rejects the call: {code}: {message}; " in ran.err
    assert told in ran.err


def test_a_role_that_is_not_there_is_told(keyless: Command, deployed: Deployed) -> None:
    keyless.environment({"AWS_TOKEN": token()})
    role = deployed.pipelines["release"]["roleArn"] + "x"
    arguments = ("--settle", "0", "--token-env", "AWS_TOKEN", "--role-arn", role)
    ran = keyless("assume", "--format", "json", *arguments)
    assert ran.code == 1
    assert "the role's ARN (is it there?)" in ran.err


def of_github(keyless: Command, url: str) -> None:
    secrets_guard.remember_one(BEARER)
    keyless.environment({"ACTIONS_ID_TOKEN_REQUEST_URL": url, "ACTIONS_ID_TOKEN_REQUEST_TOKEN": BEARER})


def of_azure_devops(keyless: Command, url: str) -> None:
    secrets_guard.remember_one(BEARER)
    keyless.environment({"SYSTEM_OIDCREQUESTURI": url, "SYSTEM_ACCESSTOKEN": BEARER})


def test_github_is_asked_for_the_audience_that_the_role_trusts(
    keyless: Command, deployed: Deployed, asked_system: System
) -> None:
    asked_system.answers = [(200, json.dumps({"count": 1, "value": token()}))]
    of_github(keyless, f"{asked_system.url}?api-version=2.0")
    assert is_the_session(assume(keyless, deployed), deployed), "it is found, as the role takes nothing but tokens"
    assert is_the_session(assume(keyless, deployed, "--token-from", "github"), deployed)
    query = {"api-version": ["2.0"], "audience": ["acme"]}
    assert asked_system.asked == [("GET", "/token", query, f"Bearer {BEARER}")] * 2

    assert is_the_session(
        assume_role_alone(keyless, deployed, "--token-from", "github", "--audience", "acme"), deployed
    )
    assert assume_role_alone(keyless, deployed, "--token-from", "github").code == 0
    assert [asked[2]["audience"] for asked in asked_system.asked[2:]] == [["acme"], ["sts.amazonaws.com"]]


def test_azure_devops_is_asked_for_the_pipelines_token_or_a_connections(
    keyless: Command, deployed: Deployed, asked_system: System
) -> None:
    asked_system.answers = [(200, json.dumps({"oidcToken": token(**PIPELINE)}))]
    of_azure_devops(keyless, asked_system.url)
    assert is_the_session(assume(keyless, deployed), deployed)
    arguments = ("--token-from", "azure-devops", "--service-connection", "4711")
    assert is_the_session(assume(keyless, deployed, *arguments), deployed)
    version = {"api-version": ["7.1-preview.1"]}
    assert asked_system.asked == [
        ("POST", "/token", version, f"Bearer {BEARER}"),
        ("POST", "/token", {**version, "serviceConnectionId": ["4711"]}, f"Bearer {BEARER}"),
    ]


def test_a_system_that_fails_for_a_moment_is_asked_again(
    keyless: Command, deployed: Deployed, asked_system: System
) -> None:
    asked_system.answers = [(503, ""), (200, json.dumps({"value": token()}))]
    of_github(keyless, asked_system.url)
    assert is_the_session(assume(keyless, deployed), deployed)
    assert len(asked_system.asked) == 2


@pytest.mark.parametrize(
    ("become", "answer", "told"),
    [
        (
            of_github,
            (403, "no"),
            "GitHub gives this job no token (HTTP 403); give the job the permission id-token: write",
        ),
        (
            of_azure_devops,
            (401, "no"),
            "Azure DevOps gives this job no token (HTTP 401); hand the step SYSTEM_ACCESSTOKEN",
        ),
        (of_github, (302, ""), "GitHub gives this job no token (HTTP 302)"),
        (of_github, (200, "<html>"), "GitHub answers with something that holds no token"),
        (of_github, (200, "[]"), "GitHub answers with something that holds no token"),
        (of_azure_devops, (200, "{}"), "Azure DevOps answers with something that holds no token"),
    ],
)
def test_a_system_that_gives_no_token_is_told_and_asked_once(
    keyless: Command,
    deployed: Deployed,
    asked_system: System,
    become: Callable[[Command, str], None],
    answer: tuple[int, str],
    told: str,
) -> None:
    asked_system.answers = [answer]
    become(keyless, asked_system.url)
    ran = assume(keyless, deployed)
    assert ran.stopped == 2
    assert told in ran.err
    assert [path for _, path, _, _ in asked_system.asked] == ["/token"], "no redirect gets the bearer's token"


@pytest.mark.parametrize("url", ["http://example.com/token", "ftp://127.0.0.1/token", "file:///etc/passwd", "token"])
def test_a_token_is_asked_for_by_https_alone(keyless: Command, deployed: Deployed, url: str) -> None:
    of_github(keyless, url)
    ran = assume(keyless, deployed)
    assert ran.stopped == 2
    assert "GitHub's address for tokens is not https" in ran.err


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody trusts, with its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not on this machine")
    folder = tmp_path_factory.mktemp("certificate")
    command = (
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run(
        [*command.split(), "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, capture_output=True, check=True
    )
    return folder


def test_a_system_must_prove_that_it_is_the_one(keyless: Command, deployed: Deployed, certificate: Path) -> None:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with serving(System(answers=[(200, json.dumps({"value": token()}))]), tls) as proving:
        of_github(keyless, proving.url)
        ran = assume(keyless, deployed)
        assert ran.stopped == 2
        assert "GitHub cannot be asked for a token: SSLError; look at network, proxy (HTTPS_PROXY) and its" in ran.err
        assert proving.asked == []
        keyless.environment({"SSL_CERT_FILE": str(certificate / "cert.pem")})
        assert is_the_session(assume(keyless, deployed), deployed)


def test_a_system_that_is_not_there_is_told(keyless: Command, deployed: Deployed, closed_port: int) -> None:
    of_github(keyless, f"http://127.0.0.1:{closed_port}/token")
    ran = assume(keyless, deployed)
    assert ran.stopped == 2
    assert "GitHub cannot be asked for a token: NewConnectionError" in ran.err


def test_a_trust_policy_from_a_file_is_compared_before_aws_is_asked(
    keyless: Command, deployed: Deployed, closed_port: int
) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{deployed.sandbox.account}:oidc-provider/{GITHUB[8:]}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{GITHUB[8:]}:repository_id": "34"}},
    }
    Path("trust.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    keyless.environment({"AWS_TOKEN": token(repository_id="35"), "AWS_ENDPOINT_URL": f"http://127.0.0.1:{closed_port}"})
    named = ("--token-env", "AWS_TOKEN", "--trust-policy")

    ran = assume_role_alone(keyless, deployed, *named, "trust.json")
    assert (ran.stopped, "with repository_id '35'; it trusts 34" in ran.err) == (2, True)
    Path("trust.json").write_text("{}")
    assert "is not a policy: it has no Statement" in assume_role_alone(keyless, deployed, *named, "trust.json").err


def test_where_aws_denies_a_token_and_the_role_can_be_read_the_claim_that_differs_is_named(
    keyless: Command, deployed: Deployed
) -> None:
    keyless.environment({"AWS_TOKEN": token(sub="repo:acme/shop:environment:production")})
    assert "which takes the branch's place" not in assume_role_alone(keyless, deployed, "--token-env", "AWS_TOKEN").err

    # The root of an account of the local AWS, who may read the role.
    keyless.become((deployed.sandbox.account, deployed.sandbox.variables["AWS_SECRET_ACCESS_KEY"]))
    ran = assume_role_alone(keyless, deployed, "--token-env", "AWS_TOKEN")
    assert ran.stopped == 1
    assert "AWS denies the call" in ran.err
    assert "which takes the branch's place in the subject: trust environments: production" in ran.err
