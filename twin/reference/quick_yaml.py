"""YAML 1.2 through PyYAML's compiled parser: ten times sooner than ruamel.yaml in Python, which reads what this one does not.

For the packaged files alone, in which no line needs to be named: a scenario that a user writes is read by ruamel.yaml.
"""

from __future__ import annotations

import functools
import importlib
import re
from typing import Any

TAG = "tag:yaml.org,2002:"
PLAIN = (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+|\.[0-9]+)$", "-+0123456789."),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("timestamp", r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "0123456789"),
    ("merge", r"^<<$", "<"),
)
"""what a word without quotes is in YAML 1.2, as far as it is the same number in both readers; PyYAML's own are those of YAML 1.1"""
DOUBTFUL = re.compile(
    r"[0-9]_[0-9]|(?<=[\s,[])[-+]?0[0-9a-fox]+\s*(?=[\n,\]}]|$)|\.(?:inf|nan)|[0-9]{4}-[0-9]+-[0-9]+[Tt ]+[0-9]+:",
    re.IGNORECASE,
)
"""numbers and times that the readers may take differently: left to ruamel.yaml"""


def parsed(text: str) -> Any:
    """The text as plain data. Raises ruamel.yaml's YAMLError where it is no YAML."""
    loader = _loader()
    if loader is not None and not DOUBTFUL.search(text):
        yaml = importlib.import_module("yaml")
        try:
            return yaml.load(text, Loader=loader)
        except (yaml.YAMLError, ValueError):
            pass  # ruamel.yaml says what is wrong
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(text)


@functools.cache
def _loader() -> Any:
    """PyYAML's compiled reader with the plain words of YAML 1.2; None where PyYAML, or its compiled part, is not installed."""
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        return None
    compiled = getattr(yaml, "CSafeLoader", None)
    if compiled is None:
        return None
    loader: Any = type("Loader", (compiled,), {"yaml_implicit_resolvers": {}})
    for name, pattern, first in PLAIN:
        loader.add_implicit_resolver(TAG + name, re.compile(pattern), list(first))
    return loader
