"""The causes of an exception."""

from collections.abc import Iterator


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception, its cause, the cause of the cause, and so on, as tracebacks show them. Yield each once.

    The causes may form a circle: Python prevents a circle of contexts, but not of ``raise error from cause``.
    """
    seen, each = set[int](), error
    while each is not None and id(each) not in seen:
        yield each
        seen.add(id(each))
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
