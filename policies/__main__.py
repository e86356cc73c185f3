"""The policy pack: `pulumi preview --policy-pack policies`."""

import sys
from pathlib import Path

# The engine runs this file with the interpreter that PulumiPolicy.yaml names, which may not have the package installed.
sys.path.insert(0, str(Path(__file__).parent))

from iam_guardrails.pack.server import serve

serve(Path(__file__).parent)
