"""What the answers' own limits allow: of each question the smallest, the largest, and what lies apart from both."""

from collections.abc import Callable, Iterable, Mapping
from itertools import cycle

from template import limits
from template.answers import API, CODECOMMIT, GITHUB, LISTS, NONE, PULL_REQUESTS, SFTP, SOURCES, read_fields
from template.field_types import TYPES
from template.library import INDEX, WHEEL
from template.words import columns, plural, snake

Value = Callable[[Mapping[str, str]], str]
"""An answer, given those to the questions before it."""


def _word(length: int, first: str = "A") -> str:
    """A name of one word."""
    return first + "b" * (length - 1)


def _words(length: int, first: str = "Ab") -> str:
    """A name of as many words as its form in snake_case has room for: of two letters, the last perhaps longer."""
    count = (length - len(first)) // len("_xy")
    name = first + "Xy" * count
    return name + "z" * (length - len(snake(name)))


def _filled(text: str, length: int) -> str:
    return text + "x" * (length - len(text))


def _room(answers: Mapping[str, str]) -> int:
    """How long a function's name may be."""
    return limits.PART - len(snake(answers["context_name"]))


def _numbered(count: int, length: int, first: str = "f") -> Iterable[str]:
    return (_filled(f"{first}{number:02}", length) for number in range(count))


_ENUMERATION = "v" * (limits.ENUMERATION - len('Literal["", "w"]')) + "|w"
"""The longest enumeration."""


def _of_each_type(answers: Mapping[str, str]) -> str:
    """As many fields as there may be, with the longest names; the first can be looked up."""
    looked_up = _filled("r", min(limits.REFERENCE, _room(answers) - len("verify_"))) + "_id:str"
    names = _numbered(limits.FIELDS - 1, limits.FIELD)
    return " ".join([looked_up, *map("{}:{}".format, names, cycle([*TYPES, _ENUMERATION]))])


def _amounts(_: Mapping[str, str]) -> str:
    return " ".join(f"{name}:decimal" for name in _numbered(limits.FIELDS, limits.FIELD))


def _most_commands(name_of: Callable[[int, str], str]) -> Value:
    """As many commands as there may be, each with the longest name and the longest event."""

    def value(answers: Mapping[str, str]) -> str:
        kinds = ["creates", *["changes"] * (limits.COMMANDS - 2), "deletes"]
        firsts = (f"Do{chr(ord('a') + number)}" for number in range(limits.COMMANDS))
        return " ".join(
            f"{name_of(_room(answers), first)}:{kind}:{answers['context_name']}{name_of(limits.STATUS, first)}"
            for first, kind in zip(firsts, kinds, strict=True)
        )

    return value


def _with_arguments(answers: Mapping[str, str]) -> str:
    """A command with as many arguments as there may be, of each type, and one that starts from several statuses."""
    name, room = answers["context_name"], limits.FIELDS - len(read_fields(answers["fields"]))
    marks = cycle(["", ":personal"])
    typed = zip(_numbered(room, limits.FIELD, "g"), cycle([*TYPES, "low|high"]), marks, strict=False)
    arguments = " ".join(f"{argument}:{kind}{mark}" for argument, kind, mark in typed)
    hold = f"Hold({arguments})" if arguments else "Hold"
    changes = f"{hold}:changes:{name}Held Stop:changes:{name}Stopped:ADDED|HELD"
    return f"Add:creates:{name}Added {changes} Drop:deletes:{name}Dropped"


def _commands(*commands: str) -> Value:
    return lambda answers: " ".join(commands).format(answers["context_name"])


def _looked_up(answers: Mapping[str, str]) -> str:
    """The step for the first field that is an id."""
    fields = read_fields(answers["fields"])
    name = next(field.name for field in fields if field.name.endswith("_id") and field.type == "str")
    return "Verify" + "".join(word.capitalize() for word in name.removesuffix("_id").split("_"))


def _most_subscribers(answers: Mapping[str, str]) -> str:
    length = min(limits.SUBSCRIBER, limits.QUEUE - len(snake(answers["context_name"])))
    return " ".join(_numbered(limits.SUBSCRIBERS, length, "s-"))


def _said(*texts: str) -> dict[str, Value]:
    return {text: (lambda _, text=text: text) for text in texts}


_FLAG = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
_SEEN = f"👩\u200d💻 می\u200cپ {_FLAG} it's #1: "

VALUES: Mapping[str, Mapping[str, Value]] = {
    "context_name": _said("Ox", _word(limits.PACKAGE), _words(limits.PACKAGE), "VATReturn2"),
    "plural": {
        "by rule": lambda answers: plural(answers["context_name"]),
        **_said("Os", _word(limits.PLURAL, "P"), _words(limits.PLURAL, "Pq")),
    },
    "display_name": _said(
        "O", "あ" * (limits.DISPLAYED // 2), _filled(_SEEN, limits.DISPLAYED - columns(_SEEN) + len(_SEEN))
    ),
    "lists": _said(*LISTS),
    "description": _said("O", _filled("It's #1, 100% & 'x'; _a_ = y! (牛, Ü) * os.system(~x) ", limits.DESCRIPTION)),
    "fields": {
        **_said("a:bool", "x:decimal", "ab_id:str", "ab_id:str whole:int d:decimal c:currency o:date f:bool"),
        "most, of each type": _of_each_type,
        "most, amounts": _amounts,
    },
    "commands": {
        "least": _commands("Do:creates:{0}A", "Go:deletes:{0}B"),
        "usual": _commands("Add{0}:creates:{0}Added", "Hold{0}:changes:{0}PutOnHold", "Drop{0}:deletes:{0}Dropped"),
        "most, of one word": _most_commands(lambda length, first: _filled(first, length)),
        "most, of many words": _most_commands(_words),
        "with arguments": _with_arguments,
    },
    "verification": {**_said(NONE), "looked up": _looked_up},
    "sftp": _said(*SFTP),
    "api": _said(*API),
    "subscribers": {**_said(NONE, "bi"), "most": _most_subscribers},
    "strategy": _said("AllAtOnce", "Canary1Percent1Minute", f"Linear1PercentEvery{limits.SHIFT // 99}Minutes"),
    "source": _said(*SOURCES),
    "pull_requests": _said(*PULL_REQUESTS),
    "region": _said("eu-west-1", "ap-southeast-2", "us-east-1", "us-gov-west-1", "cn-north-1"),
    "owner": _said("o", _filled("a B 7._:/=+@-", limits.OWNER)),
    "library": _said(WHEEL, INDEX),
}
"""The values of each question, by a name."""

NEVER = frozenset(
    {
        *(
            frozenset([("fields", fields), ("verification", "looked up")])
            for fields in ("a:bool", "x:decimal", "most, amounts")
        ),
        frozenset([("source", CODECOMMIT), ("pull_requests", GITHUB)]),
    }
)
"""Pairs that no answers have: nothing refers to another context, or GitHub has no sources to look at."""


def answers_of(row: Mapping[str, str]) -> dict[str, str]:
    """Return the answers of a row, which has the name of a value for each question."""
    answers: dict[str, str] = {}
    for question, values in VALUES.items():
        answers[question] = values[row[question]](answers)
    return answers
