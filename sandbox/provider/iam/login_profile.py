"""``aws:iam/userLoginProfile:UserLoginProfile``."""

from __future__ import annotations

import secrets
import string
from typing import TYPE_CHECKING

from sandbox.provider.resource import Created, Found, Resource
from sandbox.provider.schema import Kind, Property
from sandbox.provider.values import Secret

if TYPE_CHECKING:
    from sandbox.provider.aws import Aws
    from sandbox.provider.values import Properties

_CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "!@#$%^&*()_+-=[]{}|'")


class UserLoginProfile(Resource):
    """A password of a user for the console, told once, when it is made."""

    token = "aws:iam/userLoginProfile:UserLoginProfile"  # noqa: S105 - a type, no secret
    properties = {  # noqa: RUF012 - never changed
        "passwordLength": Property(Kind.NUMBER, default=20, replaces=True, least=5, most=128, kept=True),
        "passwordResetRequired": Property(Kind.FLAG, computed=True, replaces=True),
        "user": Property(required=True, replaces=True),
    }
    outputs = ("password",)

    def create(self, aws: Aws, new: Properties) -> Created:
        """Make the password."""
        password = _password(new.number("passwordLength"))
        aws.iam.create_login_profile(
            UserName=new.text("user"),
            Password=password,
            PasswordResetRequired=new.flag("passwordResetRequired"),
        )
        return Created(new.text("user"), {"password": Secret(password)})

    def read(self, aws: Aws, resource_id: str, state: Properties) -> Found | None:
        """Ask whether there is a password."""
        profile = aws.iam.get_login_profile(UserName=resource_id)["LoginProfile"]
        return {
            "password": Secret(state.text("password")) if state.text("password") else None,
            "passwordResetRequired": profile.get("PasswordResetRequired", False),
            "user": profile["UserName"],
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:  # noqa: ARG002
        """Delete the password."""
        aws.iam.delete_login_profile(UserName=resource_id)


def _password(length: int) -> str:
    """A random password with a character of every class, as the strictest password policy wants it."""
    characters = [secrets.choice(letters) for letters in _CLASSES]
    characters += [secrets.choice("".join(_CLASSES)) for _ in range(length - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)
