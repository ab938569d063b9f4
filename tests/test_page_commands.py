"""Each command that a page tells people to run is run by a test, or its block says that it needs an account."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from template.names import REPOSITORY

PLACES = (
    "*.md",
    "library/*.md",
    "library/*/README.md",
    "library/docs/**/*.md",
    "library/*/src/**/*.md",
    "library/examples/**/*.md",
)
EXAMPLES = ("examples/*.md", "examples/backstage/*.md", "examples/payment/*.md", "examples/payment/docs/*.md")
PAGES = sorted(page for place in (*PLACES, *EXAMPLES) for page in REPOSITORY.glob(place))

BLOCK = re.compile(r"^ *```(?:sh|bash|console)(?P<account> account)?\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"\s{2,}#.*|\s#\s.*")

E2E = "library/local/tests/e2e/test_"
DEBUGGED = f"{E2E}live.py::test_a_debugger_stops_in_a_function_that_has_its_own_role"
DRAWN = f"{E2E}page.py::test_the_deployed_dashboards_are_drawn_of_a_run"
FORKED = "tests/test_leaving.py::test_a_repository_with_the_sources_of_the_library_passes_its_check"
INVOKED = f"{E2E}live.py::test_a_call_prints_the_answer_and_the_log_of_the_function"
ITEMS = "library/runtime/tests/testing/test_promise_items.py::"
LOGGED = f"{E2E}live.py::test_logs_are_selected_by_the_id_of_a_caller"
OUTAGE = "library/local/tests/local/test_other_systems.py::test_a_file_sets_how_it_answers"
PARTNERS = "library/cli/tests/partners/test_commands.py::test_"
PARTNER_ADDED = f"{PARTNERS}a_partner_is_added_and_removed_and_the_rest_of_the_file_stays"
REHEARSED = f"{E2E}rehearsal.py::test_bad_versions_are_caught_and_a_good_one_takes_all_traffic"
RESTORED = f"{E2E}rehearsal.py::test_10_000_aggregates_are_restored_within_two_minutes"
TUTORIAL = "tests/test_tutorial.py::test_the_tutorial_has_the_output_of_its_commands"

TRIED = {
    r"\.ci/run": ".ci/run::section",
    r"\.ci/pulumi": ".ci/run::.ci/pulumi --built",
    r"cd (\.\./)?\w+": TUTORIAL,
    r"echo '.*' > large.json": TUTORIAL,
    r"echo down > build/credit-bureau\.txt": OUTAGE,
    r"for folder in library/\*; do uv build .*": FORKED,
    r"git (init|add|commit) .*": TUTORIAL,
    r"git -C \.\./template archive HEAD( library/\w+)+ \| tar -x": FORKED,
    r"pip install uv": ".ci/run::pip install --quiet uv",
    r"pipx install uv": "tests/test_readme.py::test_pipx_installs_a_uv_that_runs_the_template",
    r"pytest consumer": "library/examples/consumer/tests/test_handler.py",
    r"rm large.json": TUTORIAL,
    r"template adopt REPO( --answers answers.yaml)?": "tests/upkeep/test_adopt.py",
    r"template fleet portal DIR OUT( --releases figures)?": "tests/fleet/test_command.py",
    r"template fleet DIR --releases figures": "tests/fleet/test_releases.py",
    r"template fleet impact REPO DIR( --json)?": "tests/fleet/test_impact.py",
    r"template fleet (DIR|fleet.txt)( --html fleet.html| --json)?": "tests/fleet/test_command.py",
    r"template fleet update fleet.txt( --branches)?( --minutes 3)?": "tests/fleet/test_campaign.py",
    r"uv build .* library/cli": FORKED,
    r"uv lock( --quiet)?": TUTORIAL,
    r"uv lock --quiet --upgrade-package bounded-context-cli": FORKED,
    r"uv run context settings": "library/cli/tests/settings/test_faults.py",
    r"uv run --group docs library/docs/build.py": "tests/test_site.py::built",
    r"uv run --group e2e pytest -m nightly": "tests/test_two_versions.py",
    r"uv run --group e2e pyrefly check": ".ci/run::uv run --group e2e pyrefly check",
    r"uv run context capacity prod( --rows 1000000( --lists 4)?)?": "library/lab/tests/capacity/test_answers.py",
    r"uv run context check": "tests/test_generated.py::test_the_generated_repository_passes_its_own_checks",
    r"uv run context check --changed": TUTORIAL,
    r"uv run context check --watch": "library/cli/tests/check/test_changes.py::test_each_save_is_seen_once",
    r"uv run context eject (workflow|step import_list|component Table)": "library/cli/tests/eject/test_commands.py",
    r"uv run context contracts": "tests/test_pages.py::test_the_steps_of_a_page_are_complete",
    r"uv run context debug \w+ message": DEBUGGED,
    r"uv run context e2e": f"{E2E}kit.py::test_a_list_is_imported_and_every_subscriber_gets_its_event",
    r"uv run context invoke( \w+ [\w.]+)?": INVOKED,
    r"uv run context logs --(follow|correlation ID)": LOGGED,
    r"uv run context openapi": "tests/test_pages.py::test_the_steps_of_a_page_are_complete",
    r"uv run context partner add \w+ \w+ \w+\.pub( --expires \S+)?": PARTNER_ADDED,
    r"uv run context partner list( prod acme)?": f"{PARTNERS}the_list_ends_with_the_keys_that_need_attention",
    r"uv run context partner remove prod acme": PARTNER_ADDED,
    r"uv run context partner rotate prod acme new\.pub": f"{PARTNERS}a_rotated_key_is_added_and_the_old_key_ends",
    r"uv run context partner-kit( prod --partner acme)?": "library/cli/tests/partner_kit/test_command.py",
    r"uv run context permissions \w+ \w+": "library/platform/tests/permissions/test_documents.py",
    r"uv run context rehearse": REHEARSED,
    r"uv run context rehearse region": f"{E2E}region.py::test_a_context_continues_in_another_region",
    r"uv run context rehearse restore": RESTORED,
    r"uv run context rehearse storm( --list| --fault \S+)?": f"{E2E}storm.py::test_every_fault_heals_with_its_alarm",
    r"uv run context test( --collect-only| pyproject\.toml| -k \"dead-letter\")": f"{ITEMS}test_each_promise_is_a_test",
    r"uv run context run": TUTORIAL,
    r"uv run context run --dashboards dashboards.html": DRAWN,
    r"uv run context run --file my.csv": f"{E2E}example_lists.py",
    r"uv run context run --keep( --watch)?": TUTORIAL,
    r"uv run context run --partner acme": "tests/journeys/claim_edges.py",
    r"uv run context run --trace id-000000007": f"{E2E}trail.py",
    r"uv run context sample-list --rows 3": "tests/test_pages.py::test_the_steps_of_a_page_are_complete",
    r"uv run pytest": ".ci/run::uv run pytest",
    r'uv run pytest -m "slow and not e2e and not nightly"': '.ci/run::uv run pytest -n 3 -m "slow and',
    r"uv run python -m tests\.graphs\.record --golden": "tests/test_graphs.py",
    r"uv run python -m tests\.matrix": "tests/test_matrix.py",
    r"uv run --directory library/lab python -m tests\.simulation": "library/lab/tests/simulation/test_simulation.py",
    r"uv run python -m tests\.vocabulary": "tests/test_vocabulary.py",
    r"uv run python -m tests\.two_versions": "tests/test_two_versions.py",
    r"uv run template demo": ".ci/run::uv run template demo",
    r"uv run template check \.\./Payment": "tests/upkeep/test_check.py",
    r"uv run template new --output-dir \.\.": TUTORIAL,
    r"uv run template new --no-input --output-dir \.\.": TUTORIAL,
    r"uv run template update \.\./Payment": "tests/upkeep/test_update.py",
    r"uv run template examples": "tests/test_examples.py::test_a_new_bake_keeps_ignored_files",
    r"uvx --from (git\+\S+|\.\./template) template check \.": "tests/upkeep/test_check.py",
    r"uvx --from (git\+\S+|\.\./template) template update \.": "tests/upkeep/test_update.py",
}
"""Commands, as patterns, and the test of each: a file, and what it defines; or a script, and a text in it."""


class Command(NamedTuple):
    """A command of a page."""

    page: Path
    text: str


def commands(page: Path) -> Iterator[Command]:
    """The commands of a page's blocks that need no account; what `&&` joins is two."""
    for block in BLOCK.finditer(page.read_text(encoding="utf-8")):
        if not block["account"]:
            for line in block["text"].splitlines():
                text = COMMENT.sub("", line).strip()
                yield from (Command(page, part) for part in text.split(" && ") if part)


ALL = [command for page in PAGES for command in commands(page)]


def tried(command: str) -> bool:
    """Whether the table names a test for it."""
    return any(re.fullmatch(pattern, command) for pattern in TRIED)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_commands_are_tried_or_need_an_account(page: Path) -> None:
    """A new one is neither, and red."""
    assert [command.text for command in commands(page) if not tried(command.text)] == []


@pytest.mark.parametrize("pattern", TRIED)
def test_the_table_names_commands_and_tests_that_are_there(pattern: str) -> None:
    """A command that no page has any more leaves the table, and a test that moves takes its line along."""
    assert any(re.fullmatch(pattern, command.text) for command in ALL)
    file, _, name = TRIED[pattern].partition("::")
    text = (REPOSITORY / file).read_text(encoding="utf-8")
    assert name in (defined(text) if file.endswith(".py") else text) or not name


def defined(text: str) -> set[str]:
    """The functions of a module."""
    return {function.name for function in ast.walk(ast.parse(text)) if isinstance(function, ast.FunctionDef)}


def test_a_command_without_a_test_is_seen(tmp_path: Path) -> None:
    """It may be in a list, or have a comment. A marked block needs an account, and no test."""
    page = tmp_path / "page.md"
    page.write_text("```sh\nrm -r x    # away\n```\n\n1. So:\n\n   ```sh\n   context launch\n   ```\n")
    assert [command.text for command in commands(page)] == ["rm -r x", "context launch"]
    assert not any(tried(command.text) for command in commands(page))
    page.write_text("```sh account\naws sts get-caller-identity\n```\n")
    assert list(commands(page)) == []
