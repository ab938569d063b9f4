"""The settings of the stacks' files, validated without the program. A fault has the file and the line."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bounded_context_infra.configuration.account_settings import AccountSettings
from bounded_context_infra.configuration.collisions import require_stack
from bounded_context_infra.configuration.config import SettingError
from bounded_context_infra.configuration.labels import LabelError
from bounded_context_infra.configuration.partition import Placed
from bounded_context_infra.configuration.pipeline_settings import PipelineSettings
from bounded_context_infra.configuration.project import Project, ProjectError
from bounded_context_infra.configuration.setting_places import shown
from bounded_context_infra.configuration.settings import Settings

from .delivery import delivery, sample_settings, source_kind
from .pulumi_files import project_name, settings, stack_file
from .recording import ACCOUNT, Program, service


def settings_of(project: Project, stack: str) -> Settings:
    """Return the settings of a stack of the service. Raises ProjectError with the place of a bad setting or name."""
    program = Program(project.service, project.package)
    program.require_stack(stack)
    source = _source(program, stack)
    with _placed_faults(program, stack):
        found = Settings.from_config(project.context, source)
    try:
        require_stack(stack, found.expires)
    except LabelError as error:
        raise ProjectError(f"{shown(stack_file(program.folder, stack))}: {error}") from error
    return found


def pipeline_settings_of(project: Project, stack: str) -> PipelineSettings:
    """Return the settings of a stack of the pipeline. Raises ProjectError with the place of a bad setting.

    Samples replace the settings that the file lacks.
    """
    program = delivery(stack)
    source = _source(program, stack, sample_settings)
    with _placed_faults(program, stack):
        return PipelineSettings.from_config(source, source_kind(), project.context.name, source.partition)


def account_settings_of(project: Project, stack: str, **samples: str) -> AccountSettings:
    """Return the settings of a stack of `infra/account`. Raises ProjectError with the place of a bad setting.

    `samples` replace settings that the file lacks.
    """
    program = _account(project)
    program.require_stack(stack)
    source = _source(program, stack, lambda _: {**samples, **settings(program.folder, stack)})
    with _placed_faults(program, stack):
        return AccountSettings.from_config(source, program.own(program.config(stack)))


def _account(project: Project) -> Program:
    return Program(project.account, project_name(project.account))


def faults(project: Project) -> Iterator[str]:
    """Yield a sentence with file and line for each stack whose settings are invalid."""
    account = (_account(project), partial(account_settings_of, account=ACCOUNT))
    for program, read in ((service(), settings_of), (delivery(), pipeline_settings_of), account):
        for stack in program.stacks():
            try:
                read(project, stack)
            except ProjectError as error:
                yield str(error)


@contextmanager
def _placed_faults(program: Program, stack: str) -> Iterator[None]:
    """Raise ProjectError with file and line for a bad setting in the block."""
    try:
        yield
    except SettingError as error:
        raise ProjectError(error.at(stack_file(program.folder, stack), program.project)) from error


def _source(program: Program, stack: str, samples: Callable[[str], Mapping[str, Any]] = lambda _: {}) -> Placed:
    """Return the settings of a stack's file, and of its samples. Raises ProjectError if it is not a stack's file."""
    try:
        config = program.config(stack, **samples(stack))
        return Placed(program.own(config), config.get("aws:region"))
    except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise ProjectError(_unreadable(stack_file(program.folder, stack), error)) from error


def _unreadable(file: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"{shown(file)}:{mark.line + 1}" if mark else shown(file)
    return f"{place}: this is not a stack's file ({getattr(error, 'problem', None) or error}): correct it."
