"""Apply the options, generate the documents, and print the next steps. Uses neither network nor git."""

import json
import sys
from pathlib import Path

CONTEXT = json.loads(r"""<< cookiecutter | located | tojson >>""")  # JSON never has three quotes in a row
sys.path.insert(0, CONTEXT["_repo_dir"])

from template import agents, catalog, library, lists, openapi, optional, options, released, reviewers, schemas, welcome  # noqa: E402
from template.answers import NONE, read_commands, read_fields  # noqa: E402

COMMANDS = read_commands(CONTEXT["commands"], CONTEXT["context_name"])
FIELDS = read_fields(CONTEXT["fields"])

try:
    options.choose(Path.cwd(), CONTEXT)
    schemas.expand(Path.cwd(), [command.event for command in COMMANDS])
    imports = CONTEXT["lists"] != NONE
    released.expand(Path.cwd(), CONTEXT["__package"], FIELDS, COMMANDS, CONTEXT["context_name"], lists=imports)
    if CONTEXT["api"] != NONE:
        openapi.expand(Path.cwd(), FIELDS, COMMANDS)
    agents.expand(Path.cwd(), CONTEXT, CONTEXT["__package"])
    catalog.expand(Path.cwd(), CONTEXT, CONTEXT["__package"])
    reviewers.expand(Path.cwd(), CONTEXT)
    optional.expand(Path.cwd(), CONTEXT)
    if imports:
        lists.expand(Path.cwd(), CONTEXT, CONTEXT["__package"], FIELDS)
    if CONTEXT["library"] == library.WHEEL:
        library.vendor(Path.cwd())
except library.LibraryError as error:
    sys.exit(str(error))
except OSError as error:
    sys.exit(f"The repository's files could not be written: {error}")

if CONTEXT["_next_steps"]:
    print(welcome.next_steps(Path.cwd(), CONTEXT["region"]))
