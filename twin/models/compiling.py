"""Compiles :mod:`twin.models.recursion` where numba is installed (``pip install carbon-twin[fast]``), else runs it as it stands.

The text is the same, so are operations, their order and the results, to the last bit: whoever has no numba waits longer and sees the same.
``TWIN_COMPILED=0`` keeps numba out. Compiled code is kept beside the file (or where ``NUMBA_CACHE_DIR`` says), so that it is compiled once.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from types import FunctionType, ModuleType

from twin.models import recursion


@cache
def available() -> bool:
    """Whether numba is installed and wanted."""
    return os.environ.get("TWIN_COMPILED", "1") != "0" and importlib.util.find_spec("numba") is not None


@cache
def loop() -> ModuleType:
    """The recursion, compiled where that is possible."""
    return compiled() if available() else recursion


@cache
def compiled() -> ModuleType:
    """The recursion compiled by numba. Raises ImportError where it is not installed."""
    import numba

    spec = importlib.util.spec_from_file_location("twin.models.recursion_compiled", recursion.__file__)
    if spec is None or spec.loader is None:
        msg = "the recursion's source is not there to be compiled"
        raise ImportError(msg)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    for name, found in list(vars(module).items()):
        if isinstance(found, FunctionType) and found.__module__ == module.__name__:
            setattr(module, name, numba.njit(cache=True, error_model="numpy")(found))
    return module
