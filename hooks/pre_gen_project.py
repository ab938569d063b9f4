"""Refuse answers that cannot work. The template's filters did so already; this is for those who go around them."""

import json
import sys

CONTEXT = json.loads(r"""<< cookiecutter | located | tojson >>""")  # JSON never has three quotes in a row
sys.path.insert(0, CONTEXT["_repo_dir"])

from template.answers import BadAnswer, refuse_unusable  # noqa: E402

try:
    refuse_unusable(CONTEXT)
except BadAnswer as error:
    sys.exit(str(error))
