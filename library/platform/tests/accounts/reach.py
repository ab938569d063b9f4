"""The reach of a principal: all that it gains by steps in sequence, and the shortest path to each gain."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from .attack import Attack, Step
from .world import Principal, World

OWN: Final = "the own environment"
ADMINISTRATOR: Final = "administrator"
"""Targets of findings besides the domains."""


@dataclass(frozen=True, order=True)
class Finding:
    """An escalation by which a source passes the limit of its environment, or of its task."""

    escalation: str
    source: str
    target: str


@dataclass(frozen=True)
class End:
    """The end of a path: an environment, and whether the intruder changes or reads it."""

    verb: Literal["change", "read"]
    domain: str


@dataclass(frozen=True)
class Path:
    """The steps, in sequence, by which a principal gains something."""

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return "\n".join(f"  {number}. {step}" for number, step in enumerate(self.steps, start=1))


@dataclass(frozen=True)
class Reach:
    """The reach of the principals of a world."""

    world: World
    _steps: dict[str, tuple[Step, ...]] = field(default_factory=dict)

    def steps(self, principal: Principal) -> tuple[Step, ...]:
        """Return the direct steps of a principal."""
        if principal.arn not in self._steps:
            self._steps[principal.arn] = tuple(Attack(self.world).steps(principal))
        return self._steps[principal.arn]

    def findings(self) -> dict[Finding, Step]:
        """Return the direct steps that pass a limit, each with an example."""
        steps: dict[Finding, Step] = {}
        for principal in self.sources():
            for step in self.steps(principal):
                if target := self.passes(step):
                    steps.setdefault(Finding(step.escalation, principal.name, target), step)
        return steps

    def sources(self) -> Iterator[Principal]:
        """Yield the principals that an attacker may control at the beginning."""
        trusted = {*self.world.administrators.values(), *self.world.reviewed}
        yield from (principal for principal in self.world.principals if principal.arn not in trusted)

    def passes(self, step: Step) -> str | None:
        """Return the target of a step that passes a limit, or None."""
        if step.unbounded:
            return ADMINISTRATOR
        if self._is_designed(step):
            return None
        if step.resource.domain != step.source.domain:
            return step.resource.domain
        return OWN if step.source.preview and step.gain != "read" and not self._previews(step) else None

    def _is_designed(self, step: Step) -> bool:
        if step.resource.kind == "handover":
            return not step.source.preview
        mode = "read" if step.gain == "read" else "write"
        if (step.source.arn, step.resource.arn, mode) not in self.world.designed:
            return False
        return step.resource.kind != "key" or step.escalation in ("decrypt with a key", "encrypt with a key")

    def _previews(self, step: Step) -> bool:
        return step.gain == "become" and all(lead.preview for lead in step.leads)

    def paths(self, start: Principal) -> Mapping[End, Path]:
        """Return the shortest path to each environment that a principal changes or reads."""
        paths: dict[End, Path] = {}
        for end, path in self.search(start):
            paths.setdefault(end, path)
        return paths

    def search(self, start: Principal) -> Iterator[tuple[End, Path]]:
        """Yield the other environments that a principal changes or reads, with their paths, the shortest first."""
        seen, waiting = {start.arn}, deque([(start, Path(()))])
        while waiting:
            principal, path = waiting.popleft()
            for step in self.steps(principal):
                longer = Path((*path.steps, step))
                yield from ((end, longer) for end in self._ends(step) if end.domain != start.domain)
                waiting.extend((next_step, longer) for next_step in self._next(step, seen))

    def _ends(self, step: Step) -> Iterator[End]:
        """Yield the environments that a step changes or reads. Control of a preview changes none."""
        yield from (End("change", lead.domain) for lead in step.leads if not lead.preview)
        if step.gain in ("write", "read") and not self._is_designed(step):
            yield End("read" if step.gain == "read" else "change", step.resource.domain)

    def _next(self, step: Step, seen: set[str]) -> Iterator[Principal]:
        for principal in step.leads:
            if principal.arn not in seen:
                seen.add(principal.arn)
                yield principal
