"""Contexts of a fleet, as they are found in their repositories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from template.fleet.members import Member


def stack(
    consumes: Mapping[str, Sequence[str]] | None = None,
    *,
    region: str = "eu-west-1",
    account: str | None = None,
    subscribers: Mapping[str, Sequence[str]] | None = None,
    subscriber_accounts: Sequence[str] = (),
) -> dict[str, Any]:
    """A stack that consumes these labels of contexts, by the parameter of their production."""
    return {
        "region": region,
        "account": account,
        "subscribers": subscribers or {},
        "subscriber_accounts": list(subscriber_accounts),
        "consumes": {
            name: {"topic": f"/{name}/prod/topic-arn", "labels": labels} for name, labels in (consumes or {}).items()
        },
    }


def member(name: str, *events: str, folder: str = "", errors: tuple[str, ...] = (), **facts: object) -> Member:
    """A context that publishes these events in major version 1; ``facts`` is what else the library found of it."""
    survey = {
        "name": name,
        "owner": f"{name}-team",
        "publishes": {event: [event] for event in events},
        "policies": {},
        **facts,
    }
    return Member(Path(folder or name), {}, None, survey, "2026-01-31", errors)
