"""The reports of `golden/`: what the command says of `golden/policies`.

`python -m tests.policies.cli.reports` writes them anew, after a change of wording; read the difference before it is
committed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"
FORMS = {
    "text": "report.txt",
    "json": "report.json",
    "sarif": "report.sarif.json",
    "github": "report.github.txt",
}


def written(form: str) -> str:
    """The report in a format; in SARIF without the texts of the rules, which have tests of their own."""
    command = (sys.executable, "-m", "iam_guardrails.cli", "check", "policies", "--trusted-account", "111122223333")
    variables = {name: value for name, value in os.environ.items() if name not in ("GITHUB_WORKSPACE", "FORCE_COLOR")}
    ran = subprocess.run(
        [*command, "--isolated", "--format", form],
        cwd=GOLDEN,
        env=variables | {"GITHUB_WORKSPACE": str(GOLDEN)},
        capture_output=True,
        text=True,
        check=False,
    )
    if form != "sarif":
        return ran.stdout
    value = json.loads(ran.stdout)
    del value["runs"][0]["tool"]["driver"]["rules"]
    return json.dumps(value, indent=2) + "\n"


def main() -> None:
    """Write all of them."""
    for form, name in FORMS.items():
        (GOLDEN / name).write_text(written(form))


if __name__ == "__main__":
    main()
