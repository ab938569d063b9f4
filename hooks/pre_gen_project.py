"""Reject bad answers, and record the files that already exist. Uses neither network nor git.

The template's filters reject bad answers first; this hook checks bakes that bypass the filters.
"""

import json
import sys
from pathlib import Path

CONTEXT = json.loads(r"""<< cookiecutter | located | tojson >>""")  # JSON never has three quotes in a row
sys.path.insert(0, CONTEXT["_repo_dir"])

from template.answers import BadAnswer, refuse_unusable  # noqa: E402
from template.options import remember  # noqa: E402

try:
    refuse_unusable(CONTEXT)
except BadAnswer as error:
    sys.exit(str(error))

remember(Path.cwd())
