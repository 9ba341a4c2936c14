"""The page: no outside request, inert names, both languages, the numbers of the payload."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.report import results
from twin.report.html import differences, inert_json, page
from twin.report.words import number


class Page(HTMLParser):
    """Collects elements with attributes, and text outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._raw = ""
        self.scripts: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._raw = (dict(attrs).get("id") or tag) if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._raw = ""

    def handle_data(self, data: str) -> None:
        if self._raw:
            self.scripts[self._raw] = self.scripts.get(self._raw, "") + data
        else:
            self.texts.append(data)


def test_no_outside_request(run: Any) -> None:
    """Proves: no element names an outside address, plotly is inlined once, and the page's own policy forbids every request."""
    text = page(run.data)
    read = Page(text)
    for tag, attributes in read.elements:
        assert not set(attributes) & {"src", "href", "srcset", "action", "data", "poster"}, tag
    assert "default-src 'none'" in text
    assert text.count("plotly.js v") == 1
    assert "@import" not in read.scripts["style"]
    assert "url(" not in read.scripts["style"]


def test_numbers_are_those_of_the_payload(run: Any) -> None:
    """Proves: the cards show the payload's means, and the cards' details its hash, seed and version."""
    payload = run.payload()
    said = " ".join(Page(page(run.data)).texts)
    for name in ("electricity_kwh", "carbon_kg", "bill_krw", "peak_kw", "output_kg"):
        mean = payload["kpis"][name]["mean"]
        assert number(mean, 0 if name.endswith("krw") else None) in said, name
    assert payload["provenance"]["scenario_sha256"][:16] in said
    assert payload["provenance"]["version"] in said
    assert "not validation" in said


def test_both_languages_are_in_the_page(run: Any) -> None:
    """Proves: the page opens in the language asked for, and holds the other one: as many English texts as Korean ones."""
    read = Page(page(run.data, "ko"))
    assert ("html", {"lang": "ko", "data-lang": "ko"}) in read.elements
    spans = [attributes.get("class") for tag, attributes in read.elements if tag == "span"]
    assert spans.count("en") == spans.count("ko") > 50


def test_figures_are_whole_in_both_languages(aluminium: Any) -> None:
    """Proves: the Korean figure is the English one with the differing leaves replaced; nothing else differs."""
    read = Page(page(aluminium.data))
    both = json.loads(read.scripts["data-bill"])
    figure = both["en"]
    for path, value in both["ko"]:
        at = figure
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
    korean = json.loads(aluminium.plot.bill(lang="ko").to_json())
    assert figure["data"] == korean["data"]


@pytest.mark.parametrize("kind", ["study", "plan", "diagnosis"])
def test_names_are_inert(aluminium: Any, kind: str) -> None:
    """Proves: a name that holds markup makes no element and ends no script. Sensitivity: without autoescape an img element appears."""
    data = getattr(results, kind)(aluminium.data.scenario)
    read = Page(page(data))
    assert not [tag for tag, _ in read.elements if tag == "img"]
    plain = Page(page(results.plan(aluminium.data.scenario)))
    scripts = [tag for tag, attributes in read.elements if tag == "script" and "type" not in attributes]
    assert (
        len(scripts)
        == len([tag for tag, attributes in plain.elements if tag == "script" and "type" not in attributes])
        == 2
    )


@pytest.mark.parametrize("reproducible", [True, False])
def test_only_what_is_reproducible_says_so(aluminium: Any, *, reproducible: bool) -> None:
    """Proves: the foot of a page whose search was stopped by seconds does not promise the same figures again."""
    data = results.plan(aluminium.data.scenario)
    data.payload()["provenance"]["reproducible"] = reproducible
    told = " ".join(Page(page(data)).texts)
    assert ("reproducible from the scenario" in told) is reproducible
    assert ("another run gives other figures" in told) is not reproducible


def test_calibration_page() -> None:
    """Proves: a calibration without a scenario has its page too."""
    said = " ".join(Page(page(results.calibration())).texts)
    assert "efficiency of coil and converter" in said
    assert "a note" in said


def test_inert_json() -> None:
    """Proves: JSON in a script element cannot close it, and reads back as it was."""
    value = {"a": "</script><!-- & \u2028"}
    assert "<" not in inert_json(value)
    assert json.loads(str(inert_json(value))) == value


def test_differences() -> None:
    """Proves: equal leaves cost nothing; a list of another length is replaced whole."""
    assert differences({"a": [1, {"b": "x"}], "c": 1}, {"a": [1, {"b": "y"}], "c": 1}) == [[["a", 1, "b"], "y"]]
    assert differences({"a": [1]}, {"a": [1, 2]}) == [[["a"], [1, 2]]]
