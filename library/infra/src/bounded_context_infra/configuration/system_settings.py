"""The settings of other systems that functions call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import AfterValidator

from bounded_context.declaration.secret_names import NAME

from .api_settings import LOOPBACK
from .schema import BadMember, Form, setting

_ADDRESS: Final = Form(
    rf"(https://[A-Za-z0-9.-]+(:\d{{1,5}})?|{LOOPBACK})(/[A-Za-z0-9._~-]+)*",
    "an https address without a slash at its end",
)


def _named(systems: Mapping[str, str]) -> Mapping[str, str]:
    if wrong := [name for name in systems if not NAME.fullmatch(name)]:
        raise BadMember(wrong[0], f"has {wrong[0]!r}: write its name in kebab-case")
    return systems


@dataclass(frozen=True, kw_only=True)
class SystemSettings:
    """Other systems."""

    systems: Annotated[Mapping[str, Annotated[str, _ADDRESS]], AfterValidator(_named)] = setting(
        {"credit-bureau": "https://api.example.org/v1"}, {}
    )
    """The addresses of the other systems that functions call, by name."""
