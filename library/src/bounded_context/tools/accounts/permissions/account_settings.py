"""The settings of the program `infra/account`."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ....configuration.partition import ARN
from ....configuration.project import Project, ProjectError
from ...programs import pulumi_files
from .policies import Person

_Person = Annotated[str, Field(pattern=rf"^{ARN}iam::\d{{12}}:(role|user)/[^*\s]\S*$")]
"""The ARN of a role or user. `*` is permitted within the name, since AWS adds an id to the roles of its sign-in."""


_PersonsRole = Person | Literal["sandbox"]
"""The roles that people assume."""


class Settings(BaseModel):
    """The settings of an account's program: `infra/account/Pulumi.<name>.yaml`.

    Attributes:
        account: the id of the account.
        workflows: the stacks that GitHub's workflows preview (dev), and the kinds that they deploy (pr, sandbox).
        people: the ARNs of the principals that may assume the roles for repairs and for sandboxes.
        repository: the GitHub repository of the workflows (default: that of the pipeline).
        oidc_provider: whether the program makes GitHub's provider, or another repository has made it.
        permissions_boundary: the boundary of the program's own roles.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    account: str = Field(pattern=r"^\d{12}$")
    workflows: list[str] = []
    people: dict[_PersonsRole, list[_Person]] = {}
    repository: str | None = None
    oidc_provider: str = Field(default="create", pattern="^(create|existing)$")
    permissions_boundary: str | None = None


def settings(project: Project, name: str) -> Settings:
    """Return the settings of a stack of `infra/account`. Raises ProjectError."""
    file = pulumi_files.stack_file(project.account, name)
    try:
        return Settings.model_validate(pulumi_files.settings(project.account, name))
    except OSError:
        raise ProjectError(f"{file} does not exist: write one file for each account.") from None
    except ValidationError as error:
        (first, *_) = error.errors()
        setting = ".".join(map(str, first["loc"]))
        fault = "is missing" if first["type"] == "missing" else f"is wrong ({first['msg']})"
        raise ProjectError(f"{file}: {setting} {fault}: `uv run context docs accounts` lists the settings.") from error
