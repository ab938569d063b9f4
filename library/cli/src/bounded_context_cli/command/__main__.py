"""Run the console script `context` as a module, for a Python that has no folder of scripts on the PATH."""

from . import main

raise SystemExit(main())
