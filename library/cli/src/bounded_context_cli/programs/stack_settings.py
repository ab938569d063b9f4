"""The settings of the stacks' files, validated without the program, and the recorded graph of the pipeline."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bounded_context_infra.configuration.config import (
    Placed,
    SettingError,
    partition_of,
    read_all,
    setting_place,
    shown,
)
from bounded_context_infra.configuration.labels import LabelError, require_stack
from bounded_context_infra.configuration.pipeline_settings import AccountSettings, PipelineSettings, SourceKind
from bounded_context_infra.configuration.project import Project, ProjectError, current, fault_of
from bounded_context_infra.configuration.schema import schemas
from bounded_context_infra.configuration.settings import ApiSettings, Settings

from .pulumi_files import MISSPELT, PIPELINE, config, nearest, project_name, require_names, settings, stack_file
from .recording import ACCOUNT, Graph, Program, recorded, recorded_region, run, service

_ID = "0f5a1c2e-1111-2222-3333-444455556666"


def delivery(stack: str = PIPELINE) -> Program:
    """Return the program that deploys the current repository's pipeline. Raises NoProject."""
    folder = current().pipeline
    answers = {
        "aws:codestarconnections/getConnection:getConnection": {"connectionStatus": "AVAILABLE"},
        "aws:kms/getKey:getKey": {"arn": _arn(_region(stack), "kms", f"key/{_ID}")},
        "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": settings(folder, stack).get("account", ACCOUNT)},
    }
    return Program(folder, project_name(folder), answers)


def run_delivery(stack: str) -> Graph:
    """Return the graph of the current repository's pipeline for `stack`, recorded once. Raises the program's errors."""
    root, program = current().root, delivery(stack)
    return recorded(f"{program} {stack}", lambda: program.run(stack, **sample_settings(stack)), root)


def source_kind() -> SourceKind:
    """Return the kind of the source that the program of the pipeline names."""
    text = (current().pipeline / "__main__.py").read_text(encoding="utf-8")
    return "codecommit" if '"codecommit"' in text else "codeconnections"


def _region(stack: str) -> str:
    return recorded_region(config(current().pipeline, stack))


def _arn(region: str, service: str, resource: str) -> str:
    return partition_of(region).arn_of(f"{service}:{region}:{ACCOUNT}:{resource}")


def sample_settings(stack: str) -> dict[str, Any]:
    """Return sample values for the settings that the stack's file lacks."""
    entries = settings(current().pipeline, stack)
    region = _region(stack)
    backend = {"backend": "s3://state", "secrets_provider": f"awskms://alias/state?region={region}"}
    samples = {**_delivery_source(region), **({} if "backend" in entries else backend)}
    missing = {key: value for key, value in samples.items() if key not in entries}
    environments = [_with_account(environment) for environment in entries.get("environments", ())]
    return {**missing, "environments": environments, "shared_accounts": [*entries.get("shared_accounts", ()), ACCOUNT]}


def _delivery_source(region: str) -> dict[str, str]:
    """Return sample settings for the source that the program uses."""
    if source_kind() == "codecommit":
        return {"repository": "repository"}
    connection = _arn(region, "codeconnections", f"connection/{_ID}")
    return {"repository": "organization/repository", "connection_arn": connection}


def _with_account(environment: dict[str, Any]) -> dict[str, Any]:
    return environment if "roles" in environment else {"account": ACCOUNT, **environment}


def settings_of(project: Project, stack: str) -> Settings:
    """Return the settings of a stack of the service. Raises ProjectError with the place of a bad setting or name."""
    program = Program(project.service, project.package)
    program.require_stack(stack)
    with _placed_faults(program, stack):
        stack_settings = Settings.from_config(project.context, _source(program, stack))
    try:
        require_stack(stack, stack_settings.expires)
    except LabelError as error:
        raise ProjectError(f"{shown(stack_file(program.folder, stack))}: {error}") from error
    return stack_settings


def pipeline_settings_of(project: Project, stack: str) -> PipelineSettings:
    """Return the settings of a stack of the pipeline. Raises ProjectError with the place of a bad setting.

    Samples replace the settings that the file lacks.
    """
    program = delivery(stack)
    with _placed_faults(program, stack):
        source = _source(program, stack, sample_settings)
        return PipelineSettings.from_config(source, source_kind(), project.context.name, source.partition)


def account_settings_of(project: Project, stack: str, **samples: str) -> AccountSettings:
    """Return the settings of a stack of `infra/account`. Raises ProjectError with the place of a bad setting.

    `samples` replace settings that the file lacks.
    """
    program = _account(project)
    program.require_stack(stack)
    with _placed_faults(program, stack):
        source = _source(program, stack, lambda _: {**samples, **settings(program.folder, stack)})
        return AccountSettings.from_config(source, program.own(program.config(stack)))


def _account(project: Project) -> Program:
    return Program(project.account, project_name(project.account))


def faults(project: Project) -> Iterator[str]:
    """Yield a sentence with file and line for each stack with an invalid setting, and each setting without a reader."""
    programs: tuple[tuple[Program, Any, tuple[type, ...], Callable[[str], Graph]], ...] = (
        (service(), settings_of, (Settings, ApiSettings), run),
        (delivery(), pipeline_settings_of, (PipelineSettings,), run_delivery),
        (_account(project), partial(account_settings_of, account=ACCOUNT), (AccountSettings,), run),
    )
    for program, read, kinds, record in programs:
        known = [name for kind in kinds for name in schemas(kind)]
        for stack in program.stacks():
            try:
                read(project, stack)
                yield from _without_reader(project, program, stack, known, record)
            except ProjectError as error:
                # Settings of other programs need samples, or cannot be read alone.
                of_values = [str(error), *(_each(program, stack, kinds) if read is settings_of else ())]
                places = {sentence.partition(": ")[0]: sentence for sentence in reversed(of_values)}
                yield from [*_misspelt(project, program, stack, known)] or reversed(places.values())


def _each(program: Program, stack: str, kinds: Iterable[type]) -> Iterator[str]:
    """Yield a sentence for each invalid value that a stack's file gives, of settings that can be read alone."""
    try:
        config = program.config(stack)
        source = Placed(given := program.own(config), _region_of(config))
    except (SettingError, yaml.YAMLError, AttributeError, TypeError, ValueError):
        return
    for owner, name in ((kind, name) for kind in kinds for name in schemas(kind) if name in given):
        try:
            read_all(owner, source, name)
        except SettingError as error:
            yield error.at(stack_file(program.folder, stack), program.project)
        except AttributeError:
            continue  # its validator needs the context


def _misspelt(project: Project, program: Program, stack: str, known: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each unknown name that is nearly that of a missing setting, the cause of other faults."""
    try:
        config = program.config(stack)
        yield from _in_misspelt_namespaces(project, program, stack, config, known)
    except (yaml.YAMLError, AttributeError, TypeError, ValueError):
        return
    names = program.own(config)
    missing = [name for name in known if name not in names]
    for name in sorted(names.keys() - {*known}):
        if like := nearest(name, missing, MISSPELT):
            yield without_reader(project, program.folder.name, stack, name, like)


def _without_reader(
    project: Project, program: Program, stack: str, known: Collection[str], record: Callable[[str], Graph]
) -> Iterator[str]:
    """Yield a sentence for each setting that neither the library nor the repository's program reads.

    The `known` settings of the library, and the texts in the program's code, have a reader. For other names, the
    program is run.
    """
    config = program.config(stack)
    names = program.own(config).keys() - {*known}
    yield from _in_misspelt_namespaces(project, program, stack, config, known)
    code = _code(program) if names else ""
    if {name for name in names if not re.search(rf"""["']{re.escape(name)}["']""", code)}:
        try:
            unread = record(stack).unread
        except Exception:  # the check reports an error of the program
            return
        yield from (without_reader(project, program.folder.name, stack, *pair) for pair in unread.items())


def _in_misspelt_namespaces(
    project: Project, program: Program, stack: str, config: Collection[str], known: Collection[str]
) -> Iterator[str]:
    """Yield a sentence for each known setting in a namespace like the program's, and not in its code.

    That is a similar name, the context, its plural, or the provider.
    """
    others = {project.context.name, project.context.plural, "aws"}
    for key in config:
        namespace, _, name = key.partition(":")
        near = namespace in others or nearest(namespace, [program.project], 0.8)
        if near and namespace != program.project and name in known and f'"{namespace}"' not in _code(program):
            place = setting_place(stack_file(program.folder, stack), program.project, key)
            yield f"{place}: nothing reads {key}: write {program.project}:{name}, or remove it."


def _code(program: Program) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in sorted(program.folder.rglob("*.py")))


def without_reader(project: Project, program: str, stack: str, setting: str, like: str) -> str:
    """Return the sentence about a setting that nothing reads; `like` is a similar setting that is read, or empty."""
    folder = project.root / "infra" / program
    place = setting_place(stack_file(folder, stack), project_name(folder), setting)
    return f"{place}: nothing reads {setting}: {f'write {like}, or remove it' if like else 'remove it'}."


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
        require_names(config(program.folder, stack).get(f"{program.project}:partners"), "partners")
        texts = program.config(stack, **samples(stack))
        return Placed(program.own(texts), _region_of(texts))
    except (yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise ProjectError(_unreadable(stack_file(program.folder, stack), error)) from error


def _region_of(texts: Mapping[str, str]) -> str:
    """Return the region in a stack's config. Raises SettingError for a missing or misspelt name, and for no region."""
    region = texts.get("aws:region")
    if region is None:
        near = nearest("region", [key.removeprefix("aws:") for key in texts if key.startswith("aws:")])
        raise SettingError(
            f"aws:{near or 'region'}", "names no region: write aws:region and its value, such as eu-west-1."
        )
    partition_of(region)
    return region


def _unreadable(file: Path, error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f"{shown(file)}:{mark.line + 1}" if mark else shown(file)
    return f"{place}: this is not a stack's file ({fault_of(error)}): correct it."
