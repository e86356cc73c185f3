"""Renews the policy templates of the AWS Serverless Application Model: `python policies/sam_policy_templates.py WHEEL`.

They come from the Python package aws-sam-translator (https://github.com/aws/serverless-application-model, Apache
License 2.0): `pip download --no-deps aws-sam-translator==1.110.0`. None of its code runs.
"""

from __future__ import annotations

import json
import lzma
import sys
import zipfile
from pathlib import Path
from typing import Any, cast

TABLE = Path(__file__).parent / "iam_guardrails" / "data" / "sam_policy_templates.json.xz"
_FILE = "samtranslator/policy_templates_data/policy_templates.json"


def table(wheel: Path) -> dict[str, object]:
    """What the package `iam_guardrails` carries of them.

    Args:
        wheel: the package as a file.
    """
    with zipfile.ZipFile(wheel) as package:
        published = cast("dict[str, Any]", json.loads(package.read(_FILE)))
    templates = {name: one["Definition"] for name, one in sorted(published["Templates"].items())}
    return {"source": wheel.name.split("-py3")[0], "templates": templates}


def main() -> None:
    """Write the table."""
    text = json.dumps(table(Path(sys.argv[1])), separators=(",", ":"))
    TABLE.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main()
