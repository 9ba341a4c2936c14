"""Loading what problems are stated and solved with, and not more.

Pyomo watches for the import of scipy and then loads scipy.stats, scipy.spatial and scipy.integrate too, of which nothing here has any use:
more than a second of a plan's start. Where scipy.sparse is loaded while Pyomo does not look, it loads the rest only if it ever needs it.
"""

from __future__ import annotations

import importlib
import sys


def load_sparse() -> None:
    """scipy.sparse, without what Pyomo would load with it. Nothing happens where scipy is there already."""
    if "scipy" in sys.modules:
        return
    from pyomo.common.dependencies import DeferredImportCallbackFinder

    watching = [finder for finder in sys.meta_path if isinstance(finder, DeferredImportCallbackFinder)]
    for finder in watching:
        sys.meta_path.remove(finder)
    try:
        importlib.import_module("scipy.sparse")
    finally:
        sys.meta_path[:0] = watching
