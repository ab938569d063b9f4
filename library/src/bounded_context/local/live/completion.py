"""What a shell completes of `just invoke` and `just debug`, as a script that it evaluates."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

_FUNCTION: Final = Path(__file__).with_name("completion.sh")

# Whoever has uv's own completion keeps it.
_BASH: Final = """complete -o default -F _bounded_context just
complete -p uv >/dev/null 2>&1 || complete -o default -F _bounded_context uv
"""
_ZSH: Final = """(( $+functions[compdef] )) || { autoload -U compinit && compinit; }
autoload -U +X bashcompinit && bashcompinit
complete -o default -F _bounded_context just
(( $+_comps[uv] )) || complete -o default -F _bounded_context uv
"""

_LOADED: Final[Mapping[str, str]] = {"bash": _BASH, "zsh": _ZSH}
SHELLS: Final = tuple(_LOADED)


def script(shell: str) -> str:
    """Return the script of one of `SHELLS`: `eval "$(uv run just invoke --completion bash)"`."""
    return _FUNCTION.read_text(encoding="utf-8") + _LOADED[shell]
