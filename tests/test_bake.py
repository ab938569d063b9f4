"""What comes out of a bake."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from conftest import EXAMPLES, LONGEST, NOTHING, SHORTEST, VAT_RETURN, Baked, sources

from template.answers import model_types_of, read_commands, read_fields
from template.bake import bake
from template.names import REPOSITORY

TREE = REPOSITORY / "<<cookiecutter.context_name>>"
SIGNS = re.compile(r"<<|>>|<%|%>|<#|#>")
PLACEHOLDER = re.compile(
    r"<<[ (]*[a-z_][\w.|()=\", ]*>>|<<\"[^<>\n]*\">>|<<'[^<>\n]*'>>|"
    r"<% (for|endfor|if|elif|else|endif|filter|endfilter)\b[^<>\n]*%>|<#.*?#>"
)


def text_of(path: Path) -> str:
    """A file's text."""
    return path.read_text(encoding="utf-8")


def template_files() -> list[Path]:
    """What the template has, without what running it left there."""
    return sorted(path for path in TREE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


@pytest.mark.parametrize("path", template_files(), ids=lambda path: str(path.relative_to(TREE)))
def test_sources_have_no_sign_that_is_not_a_placeholder(path: Path) -> None:
    """A heredoc, a YAML merge key or a shift would be read as a placeholder: write it another way."""
    rest = PLACEHOLDER.sub("", text_of(path))
    lines = [line for line in rest.splitlines() if SIGNS.search(line)]
    assert lines == []


@pytest.mark.parametrize(
    "path",
    [path for path in template_files() if path.suffix == ".py" and path.name != "list_steps.py"],
    ids=lambda path: path.name,
)
def test_placeholders_stay_out_of_logic(path: Path) -> None:
    """Python files hold names, and lists of names. Their conditions are about lists, which a context may not have."""
    matches = re.findall(r"<%[-+]? *(?:if|elif|set)\b[^%]*%>", text_of(path))
    assert [match for match in matches if "cookiecutter.lists" not in match] == []


def test_the_bake_has_no_leftovers(payment: Path) -> None:
    """No signs, no word of the generator but its command, no prototype."""
    for name in sources(payment):
        content = text_of(payment / name)
        assert not SIGNS.search(name + content), name
        assert "cookiecutter" not in (name + content.replace("uvx cookiecutter ", "")).lower(), name
        assert "command_name" not in name + content, name
        assert "CommandName" not in content, name


@pytest.mark.parametrize("context", ["payment", "vat_return", "longest"])
def test_every_file_parses(context: str, request: pytest.FixtureRequest) -> None:
    """Whatever the names are."""
    assert_parses(request.getfixturevalue(context))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_file_of_an_example_parses(name: str, baked: Baked) -> None:
    """Whatever is left out."""
    assert_parses(baked(name))


def assert_parses(project: Path) -> None:
    """Python, TOML, YAML and JSON; the state machine's substitutions stand for numbers where they are not quoted."""
    readers = {
        ".py": ast.parse,
        ".toml": tomllib.loads,
        ".yaml": lambda text: list(yaml.safe_load_all(text)),
        ".yml": yaml.safe_load,
        ".json": lambda text: json.loads(re.sub(r'(?<!")\$\{\w+\}', "0", text)),
    }
    parsed = [
        readers[Path(name).suffix](text_of(project / name)) for name in sources(project) if Path(name).suffix in readers
    ]
    assert len(parsed) > 20


def test_files_end_with_one_newline(payment: Path) -> None:
    """The template keeps trailing newlines, and blocks leave no empty lines behind."""
    for name in sources(payment):
        content = text_of(payment / name)
        assert content == "" or (content.endswith("\n") and not content.endswith("\n\n")), name


OF_PAYMENT = re.compile(r"payment|payer|due_date|frontend|subscription|\bbi\b", re.IGNORECASE)


def of_payment(project: Path, answers: Mapping[str, str]) -> list[str]:
    """What a repository has of Payment's answers in the names and the lines of its files, but for its own answers."""
    own = " ".join(answers.values()).lower()
    return [
        f"{name}: {line}"
        for name in sources(project)
        for line in (name, *text_of(project / name).splitlines())
        for word in {word.lower() for word in OF_PAYMENT.findall(line)}
        if word not in own
    ]


def test_another_context_has_nothing_of_payment(vat_return: Path) -> None:
    """A name that stays Payment whatever the answer is the oldest mistake of templates."""
    assert of_payment(vat_return, VAT_RETURN) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_nothing_of_payment(name: str, baked: Baked) -> None:
    """Whatever is left out, and whatever it calls itself."""
    assert of_payment(baked(name), EXAMPLES[name]) == []


def test_names_of_payment_are_detected(payment: Path) -> None:
    """In each of the places where it can be."""
    lines = of_payment(payment, {})
    assert {line.partition(": ")[0].partition("/")[0] for line in lines} >= {
        "README.md",
        "docs",
        "infra",
        "src",
        "tests",
    }
    assert of_payment(payment, {"context_name": "Payment", "verification": "VerifySubscription"}) != []


def test_answers_reach_the_code(vat_return: Path) -> None:
    """Fields, commands, subscribers and owner are where the code reads them."""
    package = vat_return / "src" / "vat_return"
    context, model = text_of(package / "context.py"), text_of(package / "model.py")
    for word in ("vat_return", "vat_returns", "VATReturnWithdrawn", "data-lake", "tax-team", "verify_customer"):
        assert f'"{word}"' in context
    fields = read_fields(VAT_RETURN["fields"])
    for field in fields:
        assert f"{field.name}: {field.marked}\n" in model
    [imported] = re.findall(r"^from bounded_context import (.+)$", model, re.MULTILINE)
    assert set(imported.split(", ")) == {"Aggregate", "Details", *model_types_of(fields)}
    for command in read_commands(VAT_RETURN["commands"], "VATReturn"):
        assert re.search(rf"\(\s*{command.name},\s+{command.snake},\s", context)
        assert f"class {command.name}(" in text_of(package / "commands.py")
        assert f"def {command.snake}(" in text_of(package / "use_cases.py")


def test_people_read_the_display_name_and_programs_do_not(baked: Baked) -> None:
    """It is in any script, and AWS takes no such names."""
    project, name = baked("invoice"), EXAMPLES["invoice"]["display_name"]
    assert text_of(project / "README.md").startswith(f"# {name}\n")
    naming = {path for path in sources(project) if name in text_of(project / path)}
    assert naming == {".template.json", "README.md", "catalog-info.yaml", "docs/lists.md", "src/invoice/context.py"}


def test_many_of_them_have_the_plural_that_was_typed(baked: Baked) -> None:
    """And no other that would be made of the name."""
    project = baked("person")
    source = project / "src" / "person"
    assert '    plural="people",\n' in text_of(source / "context.py")
    assert ", people: Aggregates[Person]) -> " in text_of(source / "use_cases.py")
    assert not [path for path in sources(project) if "persons" in text_of(project / path).lower()]


@pytest.mark.parametrize("path", template_files(), ids=lambda path: str(path.relative_to(TREE)))
def test_plurals_and_steps_are_the_answers(path: Path) -> None:
    """Not a name with an s behind it, and not the answer "none"."""
    assert not re.search(r"(context_name|__package|__slug|__words)>>s|cookiecutter\.verification>>", text_of(path))


@pytest.mark.parametrize(
    "answers",
    [VAT_RETURN, SHORTEST, LONGEST, SHORTEST | NOTHING, LONGEST | NOTHING],
    ids=lambda answers: answers["context_name"],
)
def test_names_of_any_length_keep_the_code_in_style(answers: dict[str, str], tmp_path: Path) -> None:
    """The generated repository's own linter and formatter find nothing, whatever the names are."""
    assert_in_style(bake(tmp_path, answers))


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_in_style(name: str, baked: Baked) -> None:
    """With words and signs of any language."""
    assert_in_style(baked(name))


def assert_in_style(project: Path) -> None:
    """The generated repository's own linter and formatter find nothing."""
    ruff = [sys.executable, "-m", "ruff"]
    check, layout = ["check", "--output-format=concise"], ["format", "--check"]
    for command in ([*ruff, *check, "--no-cache", "."], [*ruff, *layout, "--no-cache", "."]):
        result = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout + result.stderr
