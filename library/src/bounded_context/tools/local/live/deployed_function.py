"""A function of a kept run, with its configuration from the emulator."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ..aws import Aws
from ..endpoints import Endpoints
from .names import chosen


@dataclass(frozen=True)
class Deployed:
    """A function: its name in the code, its alias, and the configuration of the alias's version.

    `handler` is its entry point, such as `payment.list_steps.import_list`; `seconds` is its timeout,
    `megabytes` its memory, `variables` are its environment.
    """

    name: str
    alias_arn: str
    version: str
    handler: str
    role: str
    seconds: int
    megabytes: int
    variables: Mapping[str, str]

    @classmethod
    def find(cls, aws: Aws, run: Endpoints, given: str) -> Self:
        """Return the function with the given name. Raises NoSuchName."""
        functions: Mapping[str, str] = run.outputs["functions"]
        name = chosen("function", given, functions)
        found = aws.call("lambda", "get_function_configuration", FunctionName=functions[name])
        return cls(
            name,
            functions[name],
            found["Version"],
            found["Handler"],
            found["Role"],
            found["Timeout"],
            found["MemorySize"],
            found.get("Environment", {}).get("Variables", {}),
        )

    @property
    def physical_name(self) -> str:
        """The function's name on AWS, such as `payment-local-register-payment`."""
        return self.alias_arn.split(":")[6]
