"""Stand-ins for the service on a partner's machine: a row whose rule uses a stand-in is checked at the import."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final, NoReturn, Self

_CONNECTIONS: Final = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
"""Python's audit events of a connection."""


class AtTheImport(Exception):
    """A rule uses the service: only the import can check its row."""


class Service:
    """The service, which is not on the partner's machine. ``used`` is whether the last rule has used it."""

    def __init__(self) -> None:
        self.used = False
        self._in_rule = False

    @contextmanager
    def rule(self) -> Iterator[None]:
        """Watch the rule of a row, which is the block."""
        self.used, self._in_rule = False, True
        try:
            yield
        finally:
            self._in_rule = False

    def use(self, name: str) -> NoReturn:
        """Refuse a use, and remember it: a rule may catch the exception. Raises AtTheImport."""
        self.used = True
        raise AtTheImport(name)

    def touch(self, name: str) -> None:
        """Refuse a use by a rule. The declaration may mention a stand-in, such as for a decorator."""
        if self._in_rule:
            self.use(name)


SERVICE: Final = Service()


class _Base:
    """The base of a class whose base is absent."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        SERVICE.touch(cls.__name__)
        return super().__new__(cls)


class _Value:
    """A value of an absent module: a function, a class, a decorator, or a result of one."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> "_Value":
        return _member(self._name, name)

    def __call__(self, *_: Any, **__: Any) -> "_Value":
        SERVICE.touch(self._name)
        return self

    def __getitem__(self, _: Any) -> "_Value":
        SERVICE.touch(self._name)
        return self

    def __mro_entries__(self, bases: tuple[object, ...]) -> tuple[type, ...]:
        first = next(base for base in bases if isinstance(base, _Value))
        return (_Base,) if first is self else ()

    def __or__(self, _: Any) -> "_Value":
        return self

    __ror__ = __or__


class _Module(ModuleType):
    def __getattr__(self, name: str) -> _Value:
        return _member(self.__name__, name)


def _member(owner: str, name: str) -> _Value:
    if name.startswith("__"):
        raise AttributeError(name)
    SERVICE.touch(owner)
    return _Value(f"{owner}.{name}")


class _Finder(MetaPathFinder, Loader):
    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        absent = any(f"{name}.".startswith(f"{known}.") for known in self._names)
        return ModuleSpec(name, self, is_package=True) if absent else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Leave the module empty."""


def stand_in(names: Sequence[str]) -> None:
    """Stand in for modules, and refuse connections, until the end of the process."""
    sys.meta_path.insert(0, _Finder(names))
    sys.addaudithook(lambda event, _: SERVICE.use(event) if event in _CONNECTIONS else None)
