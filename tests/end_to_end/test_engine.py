"""The engine runs programs without a provider."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.sandboxes import Sandbox


def test_a_program_runs_and_its_secret_output_is_kept_encrypted(sandbox: Sandbox, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.mkdir()
    (program / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (program / "__main__.py").write_text('import pulumi\npulumi.export("word", pulumi.Output.secret("hush"))\n')
    stack = sandbox.stack(program)

    assert stack.up().succeeded
    assert stack.outputs() == {"word": "hush"}
    assert "hush" not in str(stack.state())
    assert not (program / "Pulumi.dev.yaml").exists()
