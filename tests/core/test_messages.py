"""Texts in two languages with equal keys and equal gaps to fill."""

from __future__ import annotations

import string

import pytest

from twin.core.messages import LANGUAGES, known, local, t


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_have_equal_keys() -> None:
    """Proves: no text is missing in either language."""
    assert known("en") == known("ko")
    assert len(known("en")) > 10


def test_gaps_are_equal_and_nothing_is_empty() -> None:
    """Proves: a translation neither loses nor invents a value."""
    for key in known("en"):
        assert gaps(t(key, "en")) == gaps(t(key, "ko")), key
        assert t(key, "en").strip(), key
        assert t(key, "ko").strip(), key


def test_fallbacks() -> None:
    """Proves: an unknown language speaks English, an unknown key is an error."""
    assert t("core.state.down", "fr") == "down"
    assert t("core.state.down", "ko") == "고장"
    with pytest.raises(KeyError):
        t("core.nothing")
    assert LANGUAGES == ("en", "ko")


def test_local() -> None:
    """Proves: a text in one language is shown whatever is asked for."""
    assert local("plain", "ko") == "plain"
    assert local({"en": "a", "ko": "가"}, "ko") == "가"
    assert local({"ko": "가"}, "en") == "가"
    assert local({}, "en") == ""
