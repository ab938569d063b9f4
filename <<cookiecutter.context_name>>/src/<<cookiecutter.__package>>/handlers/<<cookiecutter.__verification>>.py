"""<<cookiecutter.__step>>: the list workflow's step between validation and import."""

from bounded_context import aws
from bounded_context.handlers import StepEvent, VerificationSettings, step
from bounded_context.lists import RowsCheck, Step

from ..bootstrap import list_import
from ..commands import <<(cookiecutter.commands | creates).name>>
from ..context import <<cookiecutter.__constant>>
from ..use_cases import <<(cookiecutter.commands | creates).snake>>


def checks() -> list[RowsCheck]:
    """Return the checks: the <<cookiecutter.__reference_words>> is known, the identity new, the rule obeyed."""
    return [
        aws.known(<<cookiecutter.__constant>>, "<<cookiecutter.__reference_snake>>_id"),
        aws.not_taken(<<cookiecutter.__constant>>),
<% filter fitted %>
        aws.obeys(<<cookiecutter.__constant>>, <<(cookiecutter.commands | creates).name>>, <<(cookiecutter.commands | creates).snake>>),
<% endfilter %>
    ]


@step(<<cookiecutter.__constant>>, list_import, checks, settings=VerificationSettings)
def lambda_handler(event: StepEvent, settings: VerificationSettings) -> Step:
    """Put a list's rows to the checks; what is left is ready to import."""
    return list_import().verify(event.list_id, settings.tolerated_share, checks())
