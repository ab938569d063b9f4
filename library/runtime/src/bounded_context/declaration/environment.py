"""Settings of a function, read from its environment, and the models that functions of the table alone use."""

import os
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

S = TypeVar("S", bound=BaseModel)

LOCAL_STACK: Final = "LOCAL_STACK"
"""The variable that contains the endpoint of the local stack."""


class BadEnvironment(Exception):
    """A function's environment lacks variables, or has invalid values; ``variables`` has their names.

    The message shows no values: the environment contains the role's credentials as well.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        """Describe the problems by variable."""
        self.variables = tuple(problems)
        descriptions = ", ".join(f"{name} ({problem})" for name, problem in problems.items())
        super().__init__(f"the function's environment is wrong: {descriptions}. Set them in `variables` of its preset.")


class Settings(BaseModel):
    """The settings of a function: the field ``table_name`` is the variable ``TABLE_NAME``.

    Errors show no values: the environment contains the role's credentials as well.
    """

    # A function builds only the model that it loads.
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class TableSettings(Settings):
    """The settings of a function that uses only the table."""

    table_name: str = Field(min_length=1)


def load(kind: type[S], context: Any = None) -> S:
    """Read a function's settings from the environment. ``context`` is the context whose own names they must not use.

    Raises:
        BadEnvironment: a variable is missing or its value is invalid.
    """
    try:
        return kind.model_validate({name.lower(): value for name, value in os.environ.items()}, context=context)
    except ValidationError as error:
        problems = {str(problem["loc"][0]).upper(): problem["type"] for problem in error.errors(include_input=False)}
        raise BadEnvironment(problems) from None


def local() -> bool:
    """Return whether this is the local stack, which shows all values but secrets.

    `LOCAL_STACK` is the endpoint that all calls of AWS use, on this host. A function on AWS could not call AWS with
    such an endpoint: no variable alone shows its values.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
    return endpoint.startswith("http://127.0.0.1:") and os.environ.get(LOCAL_STACK) == endpoint
