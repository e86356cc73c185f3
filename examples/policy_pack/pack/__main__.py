"""All rules of iam-guardrails, as a policy pack of this team's own."""

from pathlib import Path

from iam_guardrails.pack.server import serve

serve(Path(__file__).parent)
