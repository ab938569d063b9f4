"""Old versions are deleted after a release, except those that an alias or a return needs."""

import random
from dataclasses import replace
from typing import Any

import pytest

from bounded_context_operations.release.rollout import prune
from bounded_context_operations.release.rollout.machines import Machines
from bounded_context_operations.release.rollout.releases import Release
from bounded_context_operations.release.rollout.status import RolloutRun, RolloutScreen
from bounded_context_operations.release.rollout.survey import Services
from tests.rollout.clients import error
from tests.rollout.conftest import REGION, Stack


@pytest.fixture(autouse=True)
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few versions remain in any case, so that a test needs few."""
    monkeypatch.setattr(prune, "KEPT", 2)


def release(stack: Stack, *names: str, layer: bool = False) -> None:
    """Publish versions, and release them."""
    if layer:
        stack.use_layer(stack.publish_layer("test-dependencies"), *names)
    stack.publish(*names)
    assert stack.rollout("start").status == 0


def test_a_release_deletes_older_versions_and_keeps_the_newest(stack: Stack) -> None:
    for _ in range(3):
        release(stack, "one", "two")
    assert (stack.versions("one"), stack.versions("two")) == ([3, 4], [3, 4])


def test_hooks_keep_their_newest_versions(stack: Stack) -> None:
    """No alias routes to them: CodeDeploy calls them without a version."""
    for _ in range(3):
        stack.publish("pre-traffic")
    release(stack, "one")
    assert stack.versions("pre-traffic") == [3, 4]


def test_a_release_deletes_older_versions_of_the_state_machine(stack: Stack) -> None:
    for _ in range(3):
        release(stack, "machine")
    assert stack.machines.versions == [4, 3]


def test_the_version_before_the_live_version_of_the_state_machine_remains(stack: Stack) -> None:
    """The way back leads to it."""
    release(stack, "machine", "one")
    release(stack, *["machine"] * 4, "one")
    assert stack.machines.versions == [6, 5, 2]
    assert stack.rollout("back").status == 0
    assert stack.machines.weights == {"2": 100}


@pytest.mark.parametrize("weights", [{"1": 100}, {"1": 50, "4": 50}])
def test_versions_that_the_state_machines_alias_routes_to_remain(weights: dict[str, int], stack: Stack) -> None:
    """All versions remain while two share the executions."""
    stack.publish(*["machine"] * 4)
    stack.machines.route(weights)
    assert prune.old_definitions(_machines(stack)) == ([] if len(weights) > 1 else ["2", "3"])


def test_a_version_of_the_state_machine_that_another_alias_routes_to_remains(stack: Stack) -> None:
    """Step Functions refuses to delete it."""
    stack.publish("machine")
    assert not _machines(stack).delete("1")
    assert stack.machines.versions == [2, 1]


def _machines(stack: Stack) -> Machines:
    clients: Any = stack.machines
    return Machines(clients, clients, Release.of(stack.outputs).machine)


def test_the_version_before_the_live_version_remains(stack: Stack) -> None:
    """The release skipped versions that were published meanwhile: the way back goes to the version before."""
    release(stack, "one")
    stack.publish("one", "one", "one", "one")
    release(stack)
    assert stack.versions("one") == [2, 5, 6]
    assert stack.rollout("back").status == 0
    assert stack.live("one") == "2"


def test_versions_of_any_alias_remain(stack: Stack) -> None:
    """Of a team's own aliases, and both versions of an alias with split traffic."""
    release(stack, "one")
    weights = {"AdditionalVersionWeights": {"2": 0.5}}
    stack.functions.create_alias(FunctionName="test-one", Name="old", FunctionVersion="1", RoutingConfig=weights)
    for _ in range(3):
        release(stack, "one")
    assert stack.versions("one") == [1, 2, 4, 5]


def test_a_failed_release_and_a_return_prune_no_version(stack: Stack) -> None:
    stack.publish("one", "one", "one")
    stack.plan("one", "alarm")
    assert stack.rollout("start").status == 1
    assert stack.versions("one") == [1, 2, 3, 4]
    assert stack.rollout("start", "--again").status == 0
    assert stack.versions("one") == [1, 3, 4]
    assert stack.rollout("back").status == 0
    assert stack.versions("one") == [1, 3, 4]


def test_a_function_with_an_active_deployment_keeps_all_versions(stack: Stack) -> None:
    """Of another run, which may start after the check."""
    release(stack, "one", "two")
    stack.publish("one", "one", "one")
    stack.begin("one", "2", "5")
    [versions, *_] = _read(stack)
    assert (versions.moving, versions.old) == (True, [])
    assert replace(versions, moving=False).old != []


def test_a_deployment_that_begins_while_versions_are_read_keeps_all_versions(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The version that it starts from may not be one of the newest."""
    release(stack, "one")
    stack.publish("one", "one", "one")
    pages, begins = stack.functions.get_paginator, iter([lambda: stack.begin("one", "2", "5")])

    def begun(name: str) -> Any:
        for begin in begins:
            begin()
        return pages(name)

    monkeypatch.setattr(stack.functions, "get_paginator", begun)
    [versions, *_] = _read(stack)
    assert (versions.moving, versions.old) == (True, [])


def _read(stack: Stack) -> list[prune.Versions]:
    outputs = Release.of(stack.outputs)
    services = Services.of(stack.clients(REGION), outputs)
    return prune.Pruning(stack.functions, "test").read(
        RolloutRun("test", outputs, services, stack.clock, RolloutScreen(as_json=True))
    )


def test_a_layer_that_only_old_versions_use_is_deleted(stack: Stack) -> None:
    """The layer of a function that has not changed remains, and so do layers of others."""
    foreign = stack.publish_layer("monitoring")
    stack.functions.update_function_configuration(FunctionName="test-one", Layers=[foreign, stack.layer])
    for _ in range(4):
        release(stack, "one", layer=True)
    assert stack.versions("one") == [4, 5]
    assert stack.layers() == [1, 4, 5]  # The first is that of `two` and of the hooks.
    assert stack.layers("monitoring") == [1]


def test_layers_of_another_stack_remain() -> None:
    """Also those of a stack whose name begins alike, and of another publisher."""
    arn = "arn:aws:lambda:eu-central-1:123456789012:layer:{}:1"
    names = ["test-dependencies", "other-dependencies", "tests-dependencies", "test"]
    versions = {"1": frozenset(arn.format(name) for name in names), **{str(n): frozenset[str]() for n in range(2, 5)}}
    functions = [prune.Versions("test-one", versions, frozenset())]
    assert prune.old_layers(functions, "test") == [arn.format("test-dependencies")]


@pytest.mark.parametrize("operation", ["list_aliases", "delete_function", "delete_layer_version"])
def test_an_error_of_the_pruning_is_printed_and_fails_no_release(
    operation: str, stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next release deletes the versions that remain."""
    everything = ("one", "two", "pre-traffic", "post-traffic")
    release(stack, *everything, layer=True)
    stack.publish(*everything)
    calls = getattr(stack.functions, operation)

    def denied(**_: Any) -> Any:
        raise error(operation, "AccessDeniedException", "not allowed")

    monkeypatch.setattr(stack.functions, operation, denied)
    pages = stack.functions.get_paginator
    monkeypatch.setattr(stack.functions, "get_paginator", lambda name: denied() if name == operation else pages(name))
    ran = stack.rollout("start")
    assert ran.status == 0
    assert "AccessDeniedException" in ran.err
    monkeypatch.setattr(stack.functions, operation, calls)
    monkeypatch.setattr(stack.functions, "get_paginator", pages)
    release(stack)
    assert stack.versions("two") == [2, 3]


def test_a_version_that_an_alias_routes_to_since_it_was_read_remains(stack: Stack) -> None:
    """Lambda refuses to delete it."""
    client = prune.Pruning(stack.functions, "test")
    stack.publish("one")
    versions = prune.Versions("test-one", dict.fromkeys("123", frozenset[str]()), frozenset())
    assert versions.old == ["1"]
    with pytest.MonkeyPatch.context() as patched:
        refused = error("DeleteFunction", "ResourceConflictException")
        patched.setattr(stack.functions, "delete_function", lambda **_: (_ for _ in ()).throw(refused))
        assert client._delete("test-one", "1") == 0


@pytest.mark.parametrize("seed", range(8))
def test_each_way_back_finds_its_versions(seed: int, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """After any releases, failures and returns: no version is missing, and the alias returns to the version before."""
    monkeypatch.setattr(prune, "KEPT", 1)
    _play(seed, stack)


FAULTS = {
    "the version before counts as old": ("_needed", lambda routing: frozenset(routing.weights)),
    "only the live version is needed": ("_needed", lambda routing: frozenset({routing.new})),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_of_the_pruning_is_detected(fault: str, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "KEPT", 1)
    monkeypatch.setattr(prune, *FAULTS[fault])
    with pytest.raises(AssertionError):
        for seed in range(8):
            _play(seed, stack)


def _live(stack: Stack) -> tuple[dict[str, str], dict[str, int]]:
    """Return the versions of the functions and of the state machine."""
    return {name: stack.live(name) for name in ("one", "two")}, stack.machines.weights


def _play(seed: int, stack: Stack) -> None:
    chosen = random.Random(seed)  # noqa: S311
    started, before = 0, _live(stack)
    for _ in range(6):
        stack.publish(*chosen.choices(("one", "two", "machine"), k=chosen.randint(1, 4)))
        stack.plan("one", chosen.choice(("succeeds", "succeeds", "alarm")))
        # A release that failed goes back with the next one.
        before = _live(stack) if started == 0 else before
        started = stack.rollout("start").status
        if chosen.random() < 0.5 and started == 0:
            moved = _live(stack) != before
            assert stack.rollout("back").status in ((0,) if moved else (0, 2))
            assert _live(stack) == before
        assert set(map(int, _live(stack)[0].values())) <= {*stack.versions("one"), *stack.versions("two")}
        assert {*map(int, stack.machines.weights)} <= {*stack.machines.versions}
