"""What the extension lets cookiecutter render."""

import re

import cookiecutter
import pytest
from cookiecutter.exceptions import FailedHookException
from cookiecutter.utils import create_env_with_context

SIGNS = {
    "variable_start_string": "<<",
    "variable_end_string": ">>",
    "block_start_string": "<%",
    "block_end_string": "%>",
    "comment_start_string": "<#",
    "comment_end_string": "#>",
}
CONTEXT = {
    "context_name": "VATReturn",
    "commands": "FileIt:creates:VATReturnFiled DropIt:deletes:VATReturnDropped",
    "subscribers": "bi ledger",
    "fields": "total:int",
    "description": "Élan",
    "_extensions": ["template.names.Names"],
    "_jinja2_env_vars": SIGNS,
}


def rendered(source: str) -> str:
    """Render as cookiecutter renders an answer, a path or a hook."""
    return create_env_with_context({"cookiecutter": CONTEXT}).from_string(source).render(cookiecutter=CONTEXT)


@pytest.mark.parametrize(
    "answer",
    [
        "<< 7 * 7 >>",
        "<<cookiecutter.pop('a')>>",
        "<% for a in b %>",
        "<# a",
        "<<",
        "<< self >>",
        "<<cookiecutter['a']>>",
        "<<cookiecutter>>",
        "<<cookiecutter.owner|nofilter>>",
        "<<cookiecutter|folder>>",
        "<<cookiecutter.owner>>",
        "<<cookiecutter.__plural_slug>>-team",  # a default of ours, of what is not answered yet
    ],
)
def test_an_answer_is_never_run(answer: str) -> None:
    """Cookiecutter renders answers; whatever could do something is refused first."""
    with pytest.raises(FailedHookException, match="Type answers without <<"):
        rendered(answer)


def test_a_name_may_be_used() -> None:
    """Defaults and paths need no more than this."""
    assert rendered("<<cookiecutter|package>>") == "vat_return"
    assert rendered("./events/<<cookiecutter.context_name>>Filed/1.0.json") == "./events/VATReturnFiled/1.0.json"


def test_the_folder_consists_of_checked_answers_only() -> None:
    """A replay, or a caller of the API, skips the prompts. The error names the question."""
    with pytest.raises(FailedHookException, match="verification: "):
        rendered("<<cookiecutter.context_name>>")


@pytest.mark.parametrize("version", ["2.5.0", "1.7.3", "2.4"])
def test_an_old_cookiecutter_is_refused(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot find the template's folder, and would print a traceback. The error has both versions."""
    monkeypatch.setattr(cookiecutter, "__version__", version)
    with pytest.raises(FailedHookException, match=rf"cookiecutter 2\.6 .* {re.escape(version)}: "):
        rendered("Payment")


def test_a_newer_cookiecutter_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Versions are compared as numbers."""
    monkeypatch.setattr(cookiecutter, "__version__", "2.10.1.dev0")
    assert rendered("Payment") == "Payment"
