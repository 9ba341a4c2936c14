"""One text for one meaning: JSON with sorted keys, shortest round-trip floats, no NaN; and its SHA-256."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def canonical_json(obj: Any) -> str:
    """``obj`` (mappings with text keys, sequences, text, numbers, None) as canonical JSON. Raises ValueError on NaN or infinity.

    Whole floats are written as integers, -0.0 as 0: a number's type does not change a hash.
    """
    return json.dumps(_plain(obj), sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def sha256(obj: Any) -> str:
    """Hex SHA-256 of the canonical JSON of ``obj``."""
    return hashlib.sha256(canonical_json(obj).encode()).hexdigest()


def _plain(obj: Any) -> Any:
    if isinstance(obj, bool) or obj is None or isinstance(obj, int):
        return obj
    if isinstance(obj, str):
        return str(obj)
    if isinstance(obj, float):
        return int(obj) if obj.is_integer() and abs(obj) < 2**53 else float(obj)
    if isinstance(obj, dict):
        return {_key(key): _plain(value) for key, value in obj.items()}
    if isinstance(obj, list | tuple):
        return [_plain(value) for value in obj]
    if hasattr(obj, "item"):
        return _plain(obj.item())
    msg = f"{type(obj).__name__} has no canonical form"
    raise TypeError(msg)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        msg = f"a key must be text, not {type(key).__name__}"
        raise TypeError(msg)
    return str(key)
