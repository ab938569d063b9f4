"""One line of what a run did besides its list."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Shown:
    """What was sent, what came back, and a sentence on what is wrong with that: empty if nothing is."""

    sent: str
    back: str
    problem: str = ""

    def as_json(self) -> dict[str, str]:
        """Return what `--json` prints."""
        return {name: text for name, text in asdict(self).items() if text}
