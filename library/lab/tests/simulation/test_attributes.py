"""The attributes of items that are not aggregates: the declaration knows exactly those that are written."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final
from unittest.mock import patch

import pytest

from bounded_context.declaration.context import OWN_FIELDS
from bounded_context_infra.declaration.queries import WRITTEN

from .__main__ import PARTS
from .exports import world
from .services.dynamodb.store import Store

_AGGREGATES: Final = ("PAYMENT", "CLAIM")
_FEATURES: Final = {
    "POLICY": ("projections", "copied_fields"),
    "SUBSCRIPTION": ("projections",),
    "EVENT-REACTION": ("projections", "reactions"),
    "EXPORT-FILE": ("exports",),
    "PAYMENT-NOTE": ("children",),
    "CHILD-ADDED": ("children",),
}
"""The features by the first part of their items' keys. Others are of lists, or stored answers."""
_OF_PARTS: Final = re.compile(r"_\d+$")
_NOT_SIMULATED: Final = {"awaits_scan", "scan", "acknowledged_by", "expiration"}
"""Attributes of the malware gate, of the command line, and of tables in which Powertools named the expiry."""
_SCHEDULES: Final = 40
_OWN: Final = {*OWN_FIELDS, "payment_id", "text", "rows", "until", "writer"}


def _recorded() -> Mapping[tuple[str, ...], set[str]]:
    """Run schedules of all parts that have a table; return the attributes by the features that write them."""
    recorded, commit = defaultdict[tuple[str, ...], set[str]](set), Store.commit

    def recording(store: Store, key: str, new: dict[str, Any] | None) -> None:
        kind = key.partition("#")[0]
        if kind not in _AGGREGATES:
            of = ("answers",) if "." in kind else ("lists",)
            recorded[_FEATURES.get(kind, of)] |= {_OF_PARTS.sub("", name) for name in new or ()}
        commit(store, key, new)

    with patch.object(Store, "commit", recording):
        for seed in range(_SCHEDULES):
            world.run(seed, own_server=seed % 2 == 0)
            for part in PARTS.keys() - {"redrives", "releases"}:
                PARTS[part](seed)
    return recorded


@pytest.mark.slow
@pytest.mark.usefixtures("simulated")
def test_the_written_attributes_are_those_that_no_index_may_have():
    recorded, known = _recorded(), {name: set(text.split()) for name, text in WRITTEN.items()}
    for features, names in recorded.items():
        assert names - _OWN <= set().union(*(known[feature] for feature in features)), features
    simulated = set().union(*(known[feature] for features in recorded for feature in features))
    assert simulated - set().union(*recorded.values()) == _NOT_SIMULATED
    assert known.keys() - {feature for features in recorded for feature in features} == {"circuits", "restores"}
