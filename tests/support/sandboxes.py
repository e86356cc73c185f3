"""A sandbox for one test: an AWS account of its own, state of its own, the real engine."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import boto3
import yaml

from sandbox.pulumi import Stack as EngineStack
from tests.support import secrets_guard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.local_aws import LocalAws


@dataclass(frozen=True)
class Finished:
    """How an engine operation ended.

    Attributes:
        exit_code: 0 when it succeeded.
        output: What it printed, stdout and stderr.
        events: The engine's own event log, one object an event.
    """

    exit_code: int
    output: str
    events: list[dict[str, Any]]

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0

    @property
    def changes(self) -> dict[str, int]:
        """Resources a kind of operation, `same` left out: `{"create": 3}`; empty when nothing changed."""
        summaries = [event["summaryEvent"]["resourceChanges"] for event in self.events if "summaryEvent" in event]
        return {operation: count for operation, count in (summaries or [{}])[-1].items() if operation != "same"}

    @property
    def operations(self) -> dict[str, str]:
        """Operation a resource, by URN, of every resource that was planned (preview) or treated (up)."""
        steps = [event["resourcePreEvent"]["metadata"] for event in self.events if "resourcePreEvent" in event]
        return {step["urn"]: step["op"] for step in steps}

    @property
    def violations(self) -> list[dict[str, Any]]:
        """The policy pack's findings: objects with `policyName`, `enforcementLevel`, `message`, `resourceUrn`, ..."""
        return [event["policyEvent"] for event in self.events if "policyEvent" in event]

    @property
    def violated_policies(self) -> Counter[str]:
        """How often each policy was violated, by its name."""
        return Counter(violation["policyName"] for violation in self.violations)

    @property
    def diagnostics(self) -> str:
        """All messages of the engine, programs and providers that are not debug messages, one after another."""
        messages = [event["diagnosticEvent"] for event in self.events if "diagnosticEvent" in event]
        return "".join(message["message"] for message in messages if message["severity"] != "debug")


@dataclass(frozen=True)
class Stack:
    """One stack of one program in a sandbox. Operations never fail a test by themselves: look at what they return."""

    sandbox: Sandbox
    engine: EngineStack

    @property
    def settings(self) -> Path:
        """The stack's own copy of `Pulumi.<stack>.yaml`: edit it between operations as a user would."""
        return self.engine.settings

    def configure(self, changed: Mapping[str, object]) -> None:
        """Change some of the stack's settings, by their full names, for example `{"pipeline-identity:accountId": ""}`.

        A value of None removes the setting.
        """
        document = cast("dict[str, Any]", yaml.safe_load(self.settings.read_text()) or {})
        config = {**document.get("config", {}), **changed}
        document["config"] = {name: value for name, value in config.items() if value is not None}
        self.settings.write_text(yaml.safe_dump(document))

    def preview(self, *options: str) -> Finished:
        return self.pulumi("preview", *options)

    def up(self, *options: str) -> Finished:
        return self.pulumi("up", "--yes", "--skip-preview", *options)

    def refresh(self, *options: str) -> Finished:
        return self.pulumi("refresh", "--yes", "--skip-preview", *options)

    def destroy(self, *options: str) -> Finished:
        return self.pulumi("destroy", "--yes", "--skip-preview", *options)

    def pulumi(self, *arguments: str) -> Finished:
        """Any operation that takes `--stack`, `--config-file` and `--event-log`."""
        log = self.sandbox.folder / f"events-{self.engine.name}.json"
        log.unlink(missing_ok=True)
        run = self.engine.operate(*arguments, events=log)
        secrets_guard.note(run.stdout + run.stderr)
        lines = log.read_text().splitlines() if log.exists() else []
        return Finished(run.returncode, run.stdout + run.stderr, [json.loads(line) for line in lines])

    def command(self, *arguments: str) -> Finished:
        """Any other `pulumi` command of this stack, for example `"stack", "export"`."""
        run = self.engine.quiet(*arguments)
        return Finished(run.returncode, run.stdout + run.stderr, [])

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs, secrets in the clear."""
        outputs = self.engine.outputs()
        secrets_guard.remember(outputs)
        return outputs

    def state(self) -> dict[str, Any]:
        """The stack's state as the engine keeps it, secrets encrypted."""
        return cast("dict[str, Any]", json.loads(self.engine.quiet("stack", "export").stdout))


@dataclass(frozen=True)
class Sandbox:
    """An empty AWS account and an empty state folder.

    Attributes:
        folder: A scratch folder of this test.
        account: The account's 12 digits, no other test's.
        region: Its region.
        aws: The local AWS, shared with other tests; don't reset or stop it.
        variables: All environment variables of a process in this sandbox, root of the account.
    """

    folder: Path
    account: str
    region: str
    aws: LocalAws
    variables: Mapping[str, str]
    _stacks: dict[tuple[Path, str], Stack] = field(default_factory=dict[tuple["Path", str], Stack])

    def stack(self, program: Path, name: str = "dev", settings: Mapping[str, object] | str | None = None) -> Stack:
        """A new stack of the program in a folder; the folder itself is not written to.

        Args:
            program: The folder that holds `Pulumi.yaml`.
            name: The stack's name, for example `dev`.
            settings: The stack's settings: by full name (`{"aws:region": "us-east-1"}`), or the text of a whole
                `Pulumi.<stack>.yaml`. Default: the program's own file, if it has one, its account replaced by this one.
        """
        file = self.folder / f"{program.name}-{name}" / f"Pulumi.{name}.yaml"
        file.parent.mkdir(parents=True)
        file.write_text(self._settings_text(program, name, settings))
        engine = EngineStack(program, name, file, self.variables)
        engine.init()
        return Stack(self, engine)

    def _settings_text(self, program: Path, name: str, settings: Mapping[str, object] | str | None) -> str:
        if isinstance(settings, str):
            return settings
        if settings is not None:
            return yaml.safe_dump({"config": dict(settings)})
        own = program / f"Pulumi.{name}.yaml"
        text = own.read_text() if own.is_file() else "config: {}\n"
        # Somebody may be running the engine on the file itself just now.
        text = re.sub(r"^encryptionsalt:.*\n?", "", text, flags=re.MULTILINE)
        return re.sub(r"^(\s*[\w-]+:accountId:).*$", rf'\1 "{self.account}"', text, flags=re.MULTILINE)

    def client(
        self, service: str, credentials: tuple[str, str] | tuple[str, str, str] | None = None, region: str = ""
    ) -> Any:
        """A boto3 client that reaches the local AWS.

        Args:
            service: For example `iam`.
            credentials: Access key id, secret access key and, of a session, its token. Default: the account's root.
            region: Default: the sandbox's.
        """
        key, secret, *token = credentials or (self.account, self.variables["AWS_SECRET_ACCESS_KEY"])
        session = boto3.Session(key, secret, token[0] if token else None, region_name=region or self.region)
        return cast("Any", session).client(service, endpoint_url=self.aws.endpoint)
