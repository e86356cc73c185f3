"""Programs in TypeScript, Go and Java take the components as docs/consumers.md says, and get what Python ones get."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from sandbox.folders import CHECKOUT
from tests.consumers import hosts, published
from tests.consumers.outputs import assert_made_of_outputs
from tests.support.downloads import fetched

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.local_aws import LocalAws
    from tests.support.sandboxes import Sandbox, Stack

PROGRAMS = Path(__file__).parent / "programs"
SOURCES = {
    "typescript": CHECKOUT / "examples" / "typescript_consumer",
    "go": CHECKOUT / "examples" / "go_consumer",
    "java": PROGRAMS / "java",
}
ADD = "pulumi package add ../pipeline-identity/components"
IDENTITY = "pipeline-identity:index:PipelineIdentity"
ISSUER = "pipeline-identity:index:PipelineOidcProvider"

typescript = pytest.param(
    "typescript", marks=pytest.mark.skipif(shutil.which("npm") is None, reason="this machine has no Node.js")
)
java = pytest.param(
    "java",
    marks=[
        pytest.mark.long,
        pytest.mark.skipif(shutil.which("mvn") is None, reason="this machine has no Maven"),
    ],
)


@dataclass(frozen=True)
class Consumer:
    """A program that has our package.

    Attributes:
        language: Which of `SOURCES` it was.
        folder: The program. A clone of this repository stands beside it.
        project: The name in its `Pulumi.yaml`.
    """

    language: str
    folder: Path
    project: str

    def stack(self, sandbox: Sandbox) -> Stack:
        settings = (SOURCES[self.language] / "Pulumi.dev.yaml").read_text().replace("111122223333", sandbox.account)
        return speaking(sandbox, SOURCES[self.language]).stack(self.folder, settings=settings)

    def running(self, programs: dict[str, tuple[str, str]], name: str) -> Consumer:
        """The same, its main file replaced by another one; what is installed stays where it is."""
        folder = self.folder.with_name(f"{self.language}-{name}")
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("node_modules"))
        if (installed := self.folder / "node_modules").exists():
            (folder / "node_modules").symlink_to(installed)
        program, place = programs[self.language]
        shutil.copy(PROGRAMS / program, folder / place)
        return replace(self, folder=folder)


def speaking(sandbox: Sandbox, program: Path) -> Sandbox:
    return hosts.speaking(sandbox, _project(program)["runtime"])


def _project(program: Path) -> dict[str, Any]:
    return yaml.safe_load((program / "Pulumi.yaml").read_text())


@pytest.fixture(scope="session")
def workshop(
    new_sandbox: Callable[[LocalAws, Path], Sandbox],
    shared_local_aws: LocalAws,
    repository: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Sandbox:
    """A sandbox with a clone of this repository, beside which consumers write their programs."""
    made = new_sandbox(shared_local_aws, tmp_path_factory.mktemp("workshop"))
    clone = str(made.folder / "pipeline-identity")
    published.run("git", "clone", "--quiet", repository.removeprefix("git+"), clone, folder=made.folder)
    return made


@pytest.fixture(scope="session")
def consumer(request: pytest.FixtureRequest, workshop: Sandbox) -> Consumer:
    """The program of a language, after the published steps."""
    source, folder = SOURCES[request.param], workshop.folder / request.param
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("node_modules", "sdks"))
    fetched(ADD.split(), folder=folder, variables=speaking(workshop, source).variables)
    return Consumer(request.param, folder, _project(source)["name"])


def test_the_pages_say_how_a_program_gets_the_package() -> None:
    pages = [CHECKOUT / "docs" / "consumers.md", CHECKOUT / "examples" / "README.md"]
    heads = [SOURCES["typescript"] / "index.ts", SOURCES["go"] / "main.go"]

    assert [page.name for page in (*pages, *heads) if ADD not in page.read_text()] == []


every_language = pytest.mark.parametrize("consumer", [typescript, "go", java], indirect=True)


@pytest.mark.long
@every_language
def test_the_program_is_deployed_under_the_pack_and_its_secret_stays_secret(
    consumer: Consumer, sandbox: Sandbox
) -> None:
    stack = consumer.stack(sandbox)

    preview = stack.preview("--policy-pack", str(CHECKOUT / "policies"))
    assert preview.succeeded, preview.output
    assert preview.changes.keys() == {"create"}
    assert (deployed := stack.up()).succeeded, deployed.output
    assert stack.up().changes == {}

    outputs = stack.outputs()
    sts: Any = sandbox.client("sts", (outputs["accessKeyId"], outputs["secretAccessKey"]))
    assert sts.assume_role(RoleArn=outputs["roleArn"], RoleSessionName="job")
    assert outputs["secretAccessKey"] not in str(stack.state())

    assert (refreshed := stack.refresh()).succeeded, refreshed.output
    assert refreshed.changes == {}
    assert (destroyed := stack.destroy()).succeeded, destroyed.output
    assert sandbox.client("iam").list_users()["Users"] == []


@pytest.mark.long
@every_language
def test_a_bad_argument_is_named_and_nothing_is_made(consumer: Consumer, sandbox: Sandbox) -> None:
    stack = consumer.stack(sandbox)
    stack.configure({f"{consumer.project}:accountId": "12"})

    refused = stack.up()

    assert not refused.succeeded
    assert "PipelineIdentity site: 1 argument cannot be used" in refused.output
    assert "property accountId with value" in refused.output
    # Pulumi's SDK for Java shows where the call stood in its own code; none shows where we stood.
    assert "Traceback" not in refused.output
    assert consumer.language == "java" or "    at " not in refused.output
    assert sandbox.client("iam").list_users()["Users"] == []


OPTIONS = {
    "typescript": ("typescript/index.ts", "."),
    "go": ("go/main.go", "."),
    "java": ("java_options/App.java", "src/main/java/consumer"),
}
"""The program that gives resource options, and where it belongs."""


@pytest.mark.long
@every_language
def test_resource_options_and_transforms_reach_what_the_components_make(consumer: Consumer, sandbox: Sandbox) -> None:
    consumer = consumer.running(OPTIONS, "options")
    stack = consumer.stack(sandbox)
    assert (deployed := stack.up()).succeeded, deployed.output

    state = stack.state()["deployment"]["resources"]
    (waited_for,) = [one["urn"] for one in state if one["urn"].endswith(":PipelineUser::waited-for")]
    made = [one for one in state if IDENTITY in one["urn"].rpartition("$")[0] and one["type"].startswith("aws:")]
    assert {one["type"] for one in made} >= {"aws:iam/user:User", "aws:iam/role:Role", "aws:iam/accessKey:AccessKey"}
    for one in made:
        assert "::chosen::" in one["provider"]
        assert one["protect"]
        assert f"::{ISSUER}${IDENTITY}$" in one["urn"]
        assert waited_for in one["dependencies"], one["urn"]
    tags = sandbox.client("iam").list_user_tags(UserName="site-pipeline")["Tags"]
    # Pulumi's SDK for Java transforms only what the program itself declares, and a component's resources are not.
    assert ({"Key": "team", "Value": "web"} in tags) == (consumer.language != "java")

    stack.configure({f"{consumer.project}:name": "web"})
    assert (renamed := stack.up()).succeeded, renamed.output
    assert renamed.changes == {}


OUTPUTS = {
    "typescript": ("typescript_outputs/index.ts", "."),
    "java": ("java_outputs/App.java", "src/main/java/consumer"),
}
"""The program whose arguments are outputs, and where it belongs."""


@pytest.mark.long
@pytest.mark.parametrize("consumer", [typescript, java], indirect=True)
def test_outputs_are_arguments_and_a_secret_stays_one(consumer: Consumer, sandbox: Sandbox) -> None:
    stack = consumer.running(OUTPUTS, "outputs").stack(sandbox)

    planned = stack.preview()
    assert planned.succeeded, planned.output
    assert '"Resource":"<permissions[0].resources' in planned.diagnostics
    deployed = stack.up()
    assert deployed.succeeded, deployed.output

    outputs = stack.outputs()
    assert_made_of_outputs(sandbox, outputs)
    assert outputs["secret"] not in str(stack.state())
    assert stack.up().changes == {}


MISTAKES = {
    "a wrong type": ('userName: "site-pipeline"', "userName: 7"),
    "an unknown argument": ("userName:", "user:"),
    "an argument is missing": ('bucket: "example-site", ', ""),
    "an output that there is not": ("site.roleArn", "site.roleUrn"),
}


@pytest.mark.long
@pytest.mark.parametrize("consumer", [typescript], indirect=True)
def test_the_strict_typescript_compiler_accepts_the_program_and_finds_mistakes(consumer: Consumer) -> None:
    text = (consumer.folder / "index.ts").read_text()
    names: dict[str, str] = {}
    for mistake, (right, wrong) in MISTAKES.items():
        assert right in text
        names[mistake] = f"{mistake.replace(' ', '-')}.ts"
        (consumer.folder / names[mistake]).write_text(text.replace(right, wrong))
    settings = {"extends": "./tsconfig.json", "files": ["index.ts", *names.values()]}
    (consumer.folder / "tsconfig.mistakes.json").write_text(json.dumps(settings))

    command = ["npx", "--no-install", "tsc", "--noEmit", "--project", "tsconfig.mistakes.json"]
    checked = subprocess.run(command, cwd=consumer.folder, capture_output=True, text=True, check=False)

    found = {line.partition("(")[0] for line in checked.stdout.splitlines() if ": error " in line}
    assert found == set(names.values())
