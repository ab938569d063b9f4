"""The settings of a stack, typed and checked. A bad value stops the program with a message that contains the remedy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from bounded_context.declaration.context import Context
from bounded_context.domain.formats import FileFormat

from .alarm_settings import AlarmSettings
from .api_settings import ApiSettings
from .config import SettingError, Source, read_all
from .event_settings import EventSettings
from .list_settings import ListSettings, OfContext
from .partners import formats
from .release_settings import ReleaseSettings
from .stack_settings import StackSettings
from .system_settings import SystemSettings


@dataclass(frozen=True, kw_only=True)
class Settings(AlarmSettings, ReleaseSettings, SystemSettings, EventSettings, ListSettings, StackSettings):
    """The settings of a stack. `uv run context docs settings` lists them.

    Attributes:
        formats: the formats of partners whose files are not plain, from their member `format` in `partners`.
        api: the settings of the HTTP API.
    """

    formats: Mapping[str, FileFormat]
    api: ApiSettings

    @classmethod
    def from_config(cls, context: Context[Any], config: Source) -> Self:
        """Read and check every setting of a stack of `context`.

        Raises:
            SettingError: a value is bad; the message is a sentence with the remedy.
        """
        source = OfContext(context, config)
        values = read_all(cls, source)
        if source.get("formats") is not None:
            raise SettingError("formats", "is no setting: write partners.<name>.format for each partner.")
        return cls(**values, formats=formats(values["partners"]), api=ApiSettings.from_config(source))
