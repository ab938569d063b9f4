"""The causes of an exception: as a traceback shows them, and each once."""

from bounded_context.domain.aggregate import chain


def _raised(error: Exception, cause: Exception | None) -> Exception:
    try:
        raise error from cause
    except type(error) as raised:
        return raised


def test_causes_follow_the_exception() -> None:
    first, second = KeyError("a"), ValueError("b")
    assert list(chain(_raised(second, first))) == [second, first]


def test_a_context_is_a_cause_unless_it_is_suppressed() -> None:
    first, second = KeyError("a"), ValueError("b")
    second.__context__ = first
    assert list(chain(second)) == [second, first]
    assert list(chain(_raised(second, None))) == [second]


def test_a_circle_of_causes_ends() -> None:
    """An exception that is raised from its own effect, as Pulumi raises the exceptions of resources."""
    first, second = KeyError("a"), ValueError("b")
    _raised(second, first)
    _raised(first, second)
    assert list(chain(second)) == [second, first]
    assert list(chain(_raised(first, first))) == [first]
