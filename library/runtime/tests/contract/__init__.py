"""Contracts between the parts of a context, and the state machine over its functions.

moto's interpreter imports moto's Batch for a few names. Batch imports the model of EC2 with the data of all types of
instances, which takes half a second of CPU time and 130 MB in each worker. Here the interpreter gets the names alone.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType


def _import_without_ec2() -> None:
    batch, spec = ModuleType("moto.batch"), find_spec("moto")
    batch.__path__ = [f"{folder}/batch" for folder in spec.submodule_search_locations or ()] if spec else []
    sys.modules["moto.batch"] = batch
    import_module("moto.stepfunctions.parser.models")
    del sys.modules["moto.batch"]


if "moto.batch" not in sys.modules:
    _import_without_ec2()
