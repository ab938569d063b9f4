"""The search: draws sets of answers, judges each in a fork, and shortens those with a fault."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from ruff import find_ruff_bin

from template.answers import check
from template.library import BUILT, build
from template.words import display

from . import remedies
from .forks import forked, preload
from .generator import Answers, drawn
from .judge import Depth, baked, judged
from .words import Vocabulary

Depths = Sequence[Depth]
"""The depth of each set, in turn; the last is the deepest."""

DEFAULT: Depths = (*[Depth.DOCUMENTS] * 5, Depth.PRODUCTION)
NIGHTLY: Depths = (*(*[Depth.TESTED] * 7, Depth.STACKS) * 2, Depth.CALLS)

PROCESSES = os.cpu_count() or 1
COMMON: Answers = {"context_name": "Payment", "region": "eu-west-1"}
"""The answers of the default context."""

_LISTS = ("fields", "commands", "subscribers")


@dataclass
class Report:
    """The result of a search: accepted sets, refusals by sentence, faults of remedies, and sets with their faults."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    remedies: list[str] = field(default_factory=list)
    faulty: list[tuple[Answers, list[str]]] = field(default_factory=list)

    def text(self) -> str:
        """Return the faults, each with its answers as a file for `cookiecutter --config-file`."""
        lines = [f"{self.accepted} sets, {len(self.faulty)} with faults; {sum(self.refused.values())} refusals"]
        lines += [f"  {count} times: {shape}" for shape, count in self.refused.most_common()]
        lines += [f"remedy: {fault}" for fault in self.remedies]
        for answers, faults in self.faulty:
            file = yaml.safe_dump({"default_context": answers}, allow_unicode=True, sort_keys=False, width=200)
            lines += ["", *faults, file]
        return "\n".join(lines)


def search(vocabulary: Vocabulary, seeds: Sequence[str], *, depths: Depths, most: int, shortened: int) -> Report:
    """Judge the answers of each seed, at these depths in turn, up to ``most`` sets with a fault.

    ``shortened`` sets with a fault are shortened; the others are reported whole.
    """
    report = Report()
    every = {seed: _drawn(vocabulary, seed, report) for seed in seeds}
    with TemporaryDirectory(prefix="vocabulary-") as scratch:
        os.environ.setdefault(BUILT, str(build(Path(scratch))))
        with suppress(Exception):  # each set reports it
            baked(COMMON, Path(scratch))
        preload(lambda folder: judged(COMMON, folder, depths[-1]))
        for answers, faults in _judged(list(every.values()), depths):
            report.accepted += 1
            report.faulty += [(answers, faults)] if faults else []
            if len(report.faulty) >= most:
                break
        report.faulty[:shortened] = [_shortened(*faulty, depths[-1:]) for faulty in report.faulty[:shortened]]
    return report


def _drawn(vocabulary: Vocabulary, seed: str, report: Report) -> Answers:
    answers, refusals = drawn(vocabulary, seed)
    for refusal in refusals:
        report.refused.update(map(remedies.shape, refusal.sentences))
        report.remedies += remedies.faults(refusal)
    return answers


def _judged(sets: Sequence[Answers], depths: Depths) -> Iterator[tuple[Answers, list[str]]]:
    """Yield each set with its faults. A linter reads many repositories at once."""

    def task(numbered: tuple[int, Answers], folder: Path) -> list[str]:
        return judged(numbered[1], folder, depths[numbered[0] % len(depths)])

    for (_, answers), faults, folder in forked(enumerate(sets), task, PROCESSES):
        yield answers, [*faults, *style_faults(folder)]


def style_faults(folder: Path) -> list[str]:
    """Return the findings of the repository's own linter and formatter."""
    commands = ["check", "--output-format=concise"], ["format", "--diff"]
    problems: list[str] = []
    for project in folder.iterdir() if folder.exists() else ():
        for command in commands:
            ruff = [find_ruff_bin(), *command, "--quiet", "--no-cache", "."]
            result = subprocess.run(ruff, cwd=project, capture_output=True, text=True, check=False)
            problems += [f"style: {result.stdout}{result.stderr}"] if result.returncode else []
    return problems


def _shortened(answers: Answers, faults: list[str], depths: Depths) -> tuple[Answers, list[str]]:
    """Return the answers without each word, and with each default, that the first fault does not need."""
    for shorter in _shorter(answers):
        if check(shorter):
            continue
        [(_, shorter_faults)] = _judged([shorter], depths)
        if _kinds(faults) & _kinds(shorter_faults):
            return _shortened(shorter, shorter_faults, depths)
    return answers, faults


def _shorter(answers: Answers) -> Iterator[Answers]:
    plain = {"display_name": display(answers["context_name"]), "description": "A", "owner": "o", "region": "eu-west-1"}
    fewest = {"verification": "none", "subscribers": "none", "lists": "none", "api": "none", "library": "wheel"}
    for question, answer in {**plain, **fewest}.items():
        if answers[question] != answer:
            yield {**answers, question: answer}
    for question in _LISTS:
        words = answers[question].split()
        for number in range(len(words) if len(words) > 1 else 0):
            yield {**answers, question: " ".join(words[:number] + words[number + 1 :])}


def _kinds(faults: Sequence[str]) -> set[str]:
    return {fault.partition(":")[0] for fault in faults}


def as_json(report: Report) -> str:
    """Return a report for the process that started the search."""
    return json.dumps(vars(report))
