"""Refuse answers that cannot work, and note what already exists. Needs no network and no git.

The template's filters refuse such answers first; this is for those who go around them.
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
