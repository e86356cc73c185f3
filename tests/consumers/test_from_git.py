"""A stack is deployed with the plugin straight from git: no clone, only the address in `Pulumi.yaml`."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.consumers import git_server, published
from tests.policies.pack.other_languages import with_yaml
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        shutil.which("openssl") is None, reason="this machine has no openssl, which makes the certificate"
    ),
]


def test_the_plugin_comes_from_git_by_its_commit_and_deploys(sandbox: Sandbox, repository: str, tmp_path: Path) -> None:
    bare = tmp_path / "repositories" / "acme" / "pipeline-identity.git"
    published.run("git", "clone", "--quiet", "--bare", repository.removeprefix("git+"), str(bare), folder=tmp_path)
    commit = published.run("git", "rev-parse", "HEAD", folder=bare).strip()
    folder = tmp_path / "consumer"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: consumer\nruntime: yaml\n")

    with git_server.serving(bare.parents[1], tmp_path) as served:
        here = f"git://{served.host}/acme/pipeline-identity.git/components"
        settings = {
            "SSL_CERT_FILE": str(served.certificates),
            # The engine's own setting for mirrors: it fetches from here what is at that address.
            "PULUMI_PLUGIN_DOWNLOAD_URL_OVERRIDES": f"^https://git\\.example\\.com/={here}",
        }
        sandbox = with_yaml(replace(sandbox, variables={**sandbox.variables, **settings}))
        source = f"git.example.com/acme/pipeline-identity.git/components@{commit}"
        command = ["pulumi", "package", "add", f"git://{source}"]
        fetched(command, folder=folder, variables=sandbox.variables)

    project = yaml.safe_load((folder / "Pulumi.yaml").read_text())
    assert project["packages"] == {"pipeline-identity": source}
    arguments = {"accountId": sandbox.account, "userName": "site-pipeline", "roleName": "site-publisher"}
    site = {
        "type": "pipeline-identity:PipelineIdentity",
        "properties": {**arguments, "starterSets": {"staticSite": {"bucket": "example-site"}}},
    }
    outputs = {"secret": "${site.secretAccessKey}"}
    (folder / "Pulumi.yaml").write_text(yaml.safe_dump({**project, "resources": {"site": site}, "outputs": outputs}))
    stack = sandbox.stack(folder, settings={})

    assert (deployed := stack.up()).succeeded, deployed.output
    assert sandbox.client("iam").get_role(RoleName="site-publisher")
    assert stack.outputs()["secret"] not in str(stack.state())
    assert stack.up().changes == {}
    assert (destroyed := stack.destroy()).succeeded, destroyed.output
