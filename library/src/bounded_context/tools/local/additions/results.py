"""Result of an additional action of a run."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Shown:
    """The request, the answer, and a sentence about the problem; empty without a problem."""

    sent: str
    back: str
    problem: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the result in the form that `--json` prints."""
        return {name: text for name, text in asdict(self).items() if text}
