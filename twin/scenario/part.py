"""The base of every part of a scenario."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

Problem = tuple[str, str, str]
"""Dotted path below the part (or from the top, after a ``/``), what is wrong, what would be right."""


class Part(BaseModel):
    """Base of every part of a scenario: frozen, refuses unknown keys, read by the user's words (aliases)."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False)

    shorthand: ClassVar[str | None] = None
    """The key that a value stands for where it is written instead of a mapping: ``cycle: 62 s`` is ``cycle: {constant: 62 s}``."""

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, value: Any) -> Any:
        return {cls.shorthand: value} if cls.shorthand and isinstance(value, str | int | float) else value


def refuse(problem: str, fix: str) -> NoReturn:
    """Raise, from within a validator: what is wrong, and what would be right."""
    kind = "quantity"
    raise PydanticCustomError(kind, "{problem}", {"problem": problem, "fix": fix})


def exactly_one(part: Part, words: dict[str, str], what: str, fix: str) -> None:
    """Raise unless exactly one of the fields is given. ``words``: field name to the user's key."""
    if sum(getattr(part, name) is not None for name in words) != 1:
        refuse(f"{what} needs exactly one of {', '.join(words.values())}", fix)
