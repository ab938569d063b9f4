"""A search for accepted answers that give a faulty repository.

CI judges 24 sets: the bake, its style, the declaration, the state machine and the documents, and of each
sixth the resources of production. Each night judges 2,000 sets with the resources of production and the repositories'
own tests of rules and lists, some with all stacks, and some with their functions on moto. Six repositories run on the
embedded AWS. Only a nightly test reads the words of `vocabulary/held_out.txt`: nobody looked for faults with them.
`python -m tests.vocabulary` prints the answers of a set with a fault.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from test_generated import done_in
from vocabulary import words
from vocabulary.generator import drawn
from vocabulary.plants import PLANTS

from template.bake import bake
from template.names import REPOSITORY
from template.processes import environment


def searched(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Search in a process of its own, which forks."""
    command = [sys.executable, "-m", "tests.vocabulary", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, env=environment(), capture_output=True, text=True, check=False)


def test_the_vocabulary_is_large_and_its_held_out_words_are_apart() -> None:
    """A word that was used to find faults is not held out."""
    usual, held_out = words.usual(), words.held_out()
    assert len(usual.nouns) + len(usual.verbs) >= 1000
    assert len(held_out.nouns) + len(held_out.verbs) >= 100
    assert not {*usual.nouns} & {*held_out.nouns}
    assert not {*usual.verbs} & {*held_out.verbs}


@pytest.mark.slow
def test_accepted_answers_give_a_repository_that_works() -> None:
    """24 sets."""
    result = searched("--sets", "24")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.nightly
@pytest.mark.parametrize("tenth", range(10))
def test_more_accepted_answers_give_a_repository_that_works(tenth: int) -> None:
    """2,000 sets, with the repositories' own tests; some with all stacks, and some with functions on moto."""
    result = searched("--thorough", "--sets", "200", "--first", str(200 * tenth), "--seed", "night")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.nightly
def test_words_that_are_held_out_give_a_repository_that_works() -> None:
    """100 sets of words with which nobody looked for faults."""
    result = searched("--thorough", "--held-out", "--sets", "100")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("number", range(6))
def test_a_repository_of_drawn_answers_runs(number: int, tmp_path: Path) -> None:
    """On the embedded AWS: its list if it has any, its commands, its events and its subscribers."""
    answers, _ = drawn(words.held_out(), f"runs-{number}")
    result = done_in(bake(tmp_path, {**answers, "library": "wheel"}), "context", "run", "--json")
    assert result.returncode == 0, f"{answers}\n{result.stdout}{result.stderr}"


@pytest.mark.nightly
@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_fault_is_detected(plant: str) -> None:
    """Within the first 200 sets."""
    result = searched("--plant", plant, "--sets", "200", "--most", "1", "--shorten", "0", "--json")
    assert json.loads(result.stdout)["faulty"], result.stderr
