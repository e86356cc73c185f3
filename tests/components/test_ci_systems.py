"""The recipes for CI systems are programs that work."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pipeline_identity.trust.policy import FORMS_OF_TOKENS

from tests.components.recording import record

PAGE = (Path(__file__).parents[2] / "docs" / "ci-systems.md").read_text()
RECIPES = {
    section.splitlines()[0]: program
    for section in PAGE.split("\n## ")[1:]
    for program in re.findall(r"```python\n(.*?)```", section, re.DOTALL)
}


def deployed(program: str) -> Any:
    """What the recipe declares: the provider's issuer, if it makes one, and the trust policy."""
    recording = record(lambda: exec(program, {}))  # noqa: S102 - the page is ours
    providers = [
        one for one in recording.resources if one.type == "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
    ]
    return providers, json.loads(recording.one("aws:iam/role:Role").inputs["assumeRolePolicy"])


@pytest.mark.parametrize("system", RECIPES)
def test_the_role_of_a_recipe_trusts_the_provider_that_it_makes_for_an_audience_that_it_has(system: str) -> None:
    providers, trust = deployed(RECIPES[system])

    (statement,) = trust["Statement"]
    for provider in providers:
        issuer = provider.inputs["url"].removeprefix("https://")
        assert statement["Principal"] == {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{issuer}"}
        assert statement["Condition"]["StringEquals"][f"{issuer}:aud"] in provider.inputs["clientIdLists"]


def test_there_is_a_recipe_for_every_form_of_trust_in_tokens() -> None:
    for form in FORMS_OF_TOKENS:
        assert any(f'"{form}": [' in program for program in RECIPES.values()), form
