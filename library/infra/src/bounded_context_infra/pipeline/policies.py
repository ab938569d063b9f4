"""The policy pack of the preview and the deployment, from a library that the delivered commit cannot change.

A person sets the library and its SHA-256 in the pipeline's settings, and deploys the pipeline. The steps install it
before any file of the commit runs, into an environment outside of the artefact. All packages are pinned by hash, by
the library's own lists.
"""

from typing import Final

from ..configuration.pipeline_settings import Policies

POLICY_PACK: Final = "POLICY_PACK"
"""The variable with the pack's folder, which `context step preview` and `context step deploy` pass to Pulumi."""

# With -I, Python imports no module of the artefact, which is the current folder.
_COMMAND: Final = f"""\
policies="$(mktemp -d)"
options="--quiet --no-deps --require-hashes --only-binary :all:"
printf '%s\\n' "{{runtime}}" "{{infra}}" "{{cli}}" > "$policies/library.txt"
if ! ( python -I -m venv "$policies/env" && python="$policies/env/bin/python" \\
  && "$python" -I -m pip install $options --requirement "$policies/library.txt" \\
  && site="$("$python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \\
  && "$python" -I -m pip install $options --requirement "$site/bounded_context_cli/data/policies.txt" \\
  && "$python" -I -m pip install $options --requirement "$site/bounded_context/data/layer.txt" \\
  && "$python" -I -m bounded_context_cli.policies.pinned "$PWD" "$policies/pack" ); then
  echo "Refused: the library of the policies cannot be installed (above). Nothing was run: \
check policies in infra/pipeline/Pulumi.main.yaml, and deploy the pipeline."
  exit 1
fi
export {POLICY_PACK}="$policies/pack"
"""


def command(policies: Policies) -> str:
    """Return the command that installs the library and makes the pack."""
    return _COMMAND.format(**vars(policies))
