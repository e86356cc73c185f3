"""All rules of iam-guardrails, as a policy pack of this team's own."""

from iam_guardrails.pack.server import serve

serve()
