"""Writes the tables of `deploy_permissions` anew, from the files of those who publish the facts.

    python -m pipeline.permission_tables terraform terraform_operations.json
    python -m pipeline.permission_tables cloudformation .../cfnlint/data/schemas/resources
    python -m pipeline.permission_tables apigateway

`terraform`: for each type of the Terraform AWS provider, which operations of AWS's SDK each of its handlers calls.
Joined and shortened from two tables of awslabs/iam-policy-autopilot (Apache License 2.0).
`cloudformation`: for each type of CloudFormation, which permissions each handler needs, from the schemas of resource
types that the package cfn-lint (MIT-0) carries.
`apigateway`: method and path of each operation of API Gateway, which are its permissions, from botocore (Apache-2.0).
"""

from __future__ import annotations

import json
import lzma
import re
import sys
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "deploy_permissions" / "data"


def terraform(source: Path) -> dict[str, Any]:
    """Operations by type and handler, as the source has them."""
    return json.loads(source.read_text(encoding="utf-8"))


def cloudformation(folder: Path) -> dict[str, Any]:
    """Permissions by type and handler, without those that are no action."""
    found: dict[str, Any] = {}
    for file in sorted(folder.glob("*.json")):
        schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        handlers: dict[str, Any] = schema.get("handlers", {})
        verbs = {
            verb: sorted({one.strip() for one in handler.get("permissions", []) if ":" in one})
            for verb, handler in handlers.items()
        }
        if any(verbs.values()):
            found[schema["typeName"]] = {verb: actions for verb, actions in sorted(verbs.items()) if actions}
    return dict(sorted(found.items()))


def apigateway() -> dict[str, Any]:
    """`METHOD /path` by operation of both generations, with a star in the place of every parameter."""
    from botocore.session import get_session

    session: Any = get_session()
    found: dict[str, Any] = {}
    for service in ("apigateway", "apigatewayv2"):
        model = session.get_service_model(service)
        for name in model.operation_names:
            http = model.operation_model(name).http
            path = re.sub(r"\{[^}]*\}", "*", http["requestUri"].partition("?")[0]).removeprefix("/v2")
            found[f"{service}:{name}"] = f"{http['method']} {path}"
    return found


def main(arguments: list[str]) -> None:
    """Write one of the tables."""
    name, *paths = arguments
    table = {"terraform": terraform, "cloudformation": cloudformation, "apigateway": apigateway}[name]
    files = {"terraform": "terraform_operations", "cloudformation": "cloudformation_handlers", "apigateway": name}
    written = json.dumps(table(*map(Path, paths)), sort_keys=True, separators=(",", ":")).encode()
    (_DATA / f"{files[name]}.json.xz").write_bytes(lzma.compress(written, preset=9 | lzma.PRESET_EXTREME))


if __name__ == "__main__":
    main(sys.argv[1:])
