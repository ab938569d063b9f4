"""A function of a kept run, with its configuration from the emulator, and the resolution of typed names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Self

from bounded_context.domain.spelling import either, snake
from bounded_context_cli.command.errors import LocalRunError

from ..emulator.aws import Aws
from ..emulator.endpoints import Endpoints


class NoSuchName(LocalRunError):
    """An unknown name; the message lists similar names, or all names."""


def chosen(kind: str, word: str, names: Iterable[str]) -> str:
    """Return the name that matches the given name, also in the form `RegisterPayment` or `register-payment`.

    Args:
        kind: the kind of name for the message, such as "function".
        word: the typed name.
        names: the existing names, in snake_case or with hyphens.

    Raises:
        NoSuchName: no name matches.
    """
    by_key = {_key(name): name for name in names}
    if _key(word) not in by_key:
        close = get_close_matches(_key(word), by_key, 3) or by_key
        raise NoSuchName(f"There is no {kind} {word!r}: write {either(by_key[key] for key in close)}.")
    return by_key[_key(word)]


def _key(name: str) -> str:
    return snake(name).replace("-", "_")


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
    def find(cls, aws: Aws, run: Endpoints, word: str) -> Self:
        """Return the function with the given name. Raises NoSuchName."""
        functions: Mapping[str, str] = run.outputs["functions"]
        name = chosen("function", word, functions)
        configuration = aws.call("lambda", "get_function_configuration", FunctionName=functions[name])
        return cls(
            name,
            functions[name],
            configuration["Version"],
            configuration["Handler"],
            configuration["Role"],
            configuration["Timeout"],
            configuration["MemorySize"],
            configuration.get("Environment", {}).get("Variables", {}),
        )

    @property
    def physical_name(self) -> str:
        """The function's name on AWS, such as `payment-local-register-payment`."""
        return self.alias_arn.split(":")[6]
