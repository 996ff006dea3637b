"""Secrets and credentials in the settings file: named there, held in the environment, read when they are used.

The rest of the settings is declared in `settings.py`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class MissingSecret(Exception):
    """Raised when a variable the settings name is not set, or holds what cannot be sent. Only its name is ever told."""


class Part(BaseModel):
    """A part of the settings: nothing unknown is accepted, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SecretReference(Part):
    """A secret, named but not held: `{env: NAME}`. It is read when it is used, so definitions load without secrets."""

    env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", description="name of an environment variable")

    def read(self, environment: Mapping[str, str] = os.environ) -> SecretStr:
        """Return the secret's value.

        Raises:
            MissingSecret: The variable is unset or empty.
        """
        value = environment.get(self.env, "")
        if not value:
            raise MissingSecret(
                f"The environment variable {self.env}, which the settings name, is not set. "
                f"Set it for this process, or name another in the settings.",
            )
        return SecretStr(value)


class ClientCredentials(Part):
    """Easemob's `client_id` and `client_secret`, exchanged for a token."""

    type: Literal["client_credentials"]
    client_id: SecretReference
    client_secret: SecretReference


class AgoraCredentials(Part):
    """Agora's App ID and App Certificate, from which a token is built without a request."""

    type: Literal["agora"]
    app_id: SecretReference
    app_certificate: SecretReference


class TokenCredentials(Part):
    """One token that somebody else renews, for example a temporary one from the console."""

    type: Literal["token"]
    token: SecretReference


Credentials = Annotated[ClientCredentials | AgoraCredentials | TokenCredentials, Field(discriminator="type")]
