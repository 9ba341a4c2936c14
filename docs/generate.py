"""Writes docs/reference from the package: keys of scenarios, units, tasks, shell verbs: ``python docs/generate.py``.

A test fails when a page is stale.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "reference"
NOTE = "<!-- Written by docs/generate.py; do not edit by hand. -->\n"
TOP = "the file itself"
GROUPS = {"stations": "kinds of equipment", "utilities": "kinds of utilities"}
BOUNDS = {
    "exclusiveMinimum": ">",
    "minimum": "≥",
    "exclusiveMaximum": "<",
    "maximum": "≤",
    "minItems": "entries ≥",
    "maxItems": "entries ≤",
    "minLength": "length ≥",
    "maxLength": "length ≤",
}


def pages() -> dict[str, str]:
    """Every generated page by its file name."""
    return {"scenario.md": scenario_page(), "units.md": units_page(), "tasks.md": tasks_page(), "cli.md": cli_page()}


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return (
        "\n".join(
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines
        )
        + "\n"
    )


# --- keys of a scenario file


def scenario_page() -> str:
    """Every key of a scenario file: its type and unit, its default, what it means."""
    from twin.scenario.json_schema import scenario_schema

    schema = scenario_schema()
    parts = schema["$defs"]
    head = (
        "# Keys of a scenario file\n\nA quantity is text with a unit (`900 kW`); any unit of the same dimension will "
        "do, see [units](units.md). "
        "It may also be written with its origin, `{value: 900 kW, data_class: nameplate, source: …, range: [850 kW, 950 "
        "kW]}`. "
        "A share is `62 %` or `0.62`. The column *default* holds what a key means where it is left out, is empty where "
        "that is simply nothing, "
        "and says *required* where the key may not be left out. What the parts mean together is told in "
        "[scenario files](../scenario-files.md).\n"
    )
    sections = [NOTE, head, section(TOP, schema, parts)]
    kinds = {name: branches(schema["properties"][name]) for name in GROUPS}
    special = {ref for found in kinds.values() for ref in found.values()}
    sections += [section(name, parts[name], parts) for name in sorted(parts) if name not in special | {"Provenance"}]
    for group, title in GROUPS.items():
        sections.append(f"## {title.capitalize()}\n\nWritten below `{group}:`, told apart by `kind:`.\n")
        sections += [section(f"kind: {kind}", parts[ref], parts, "###") for kind, ref in kinds[group].items()]
    return "\n".join(sections)


def branches(node: Mapping[str, Any]) -> dict[str, str]:
    """Name of each kind and of its part."""
    entry = node["additionalProperties"]
    refs = [branch["$ref"].rpartition("/")[2] for branch in entry["oneOf"] if "$ref" in branch]
    return dict(zip(entry["discriminator"]["x-known"], refs, strict=True))


def section(title: str, node: Mapping[str, Any], parts: Mapping[str, Any], level: str = "##") -> str:
    """One part: its text and its keys."""
    whole = node if "properties" in node else next(form for form in node["anyOf"] if "properties" in form)
    required = {key for form in [whole, *whole.get("anyOf", [])] for key in form.get("required", [])} - {"extends"}
    rows = [
        [f"`{key}`", kind_of(value, parts), *default_of(key, value, required), value.get("description", "")]
        for key, value in whole["properties"].items()
    ]
    text = whole.get("description", "")
    return f"{level} {title}\n\n{text}\n\n" + table(["key", "type", "default", "meaning"], rows)


def kind_of(node: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """The type of a value in words: its unit, its words, the part that it is."""
    if "x-unit" in node:
        unit = "share" if node["x-unit"] == "1" else f"`{node['x-unit']}`"
        return f"{unit} {bounds(node, 'x-')}".strip()
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if name in parts else name
    if "const" in node or "enum" in node:
        return ", ".join(f"`{word}`" for word in node.get("enum", [node.get("const")]))
    forms = [form for word in ("anyOf", "oneOf") for form in node.get(word, []) if form.get("type") != "null"]
    if forms:
        return " or ".join(dict.fromkeys(kind_of(form, parts) for form in forms))
    return container_of(node, parts)


def container_of(node: Mapping[str, Any], parts: Mapping[str, Any]) -> str:
    """The type of a list, a mapping or a plain value."""
    inner = node.get("additionalProperties")
    if isinstance(inner, Mapping) and "discriminator" in inner:
        return "name: a kind, or `use: {file, …}`"
    if isinstance(inner, Mapping):
        return f"name: {kind_of(inner, parts)}"
    if node.get("type") == "object":
        return "mapping"
    if "items" in node:
        return f"list of {kind_of(node['items'], parts)} {bounds(node, '')}".strip()
    if "prefixItems" in node:
        return "[" + ", ".join(kind_of(item, parts) for item in node["prefixItems"]) + "]"
    word = str(node.get("type", "text"))
    word = {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(word, word)
    return f"{node.get('format', word)} {bounds(node, '')}".strip()


def bounds(node: Mapping[str, Any], prefix: str) -> str:
    """The bounds of a number or a list."""
    return " ".join(f"{sign} {node[prefix + key]}" for key, sign in BOUNDS.items() if prefix + key in node)


def default_of(key: str, node: Mapping[str, Any], required: set[str]) -> list[str]:
    """The default as a person would write it."""
    value = node.get("default")
    if key in required:
        return ["*required*"]
    if value is None or isinstance(value, dict) or value in ([], ""):
        return [""]
    if "x-unit" in node and isinstance(value, float | int):
        return [f"`{value:g}`" if node["x-unit"] == "1" else f"`{value:g} {node['x-unit']}`"]
    return [f"`{str(value).lower() if isinstance(value, bool) else value}`"]


# --- units


def units_page() -> str:
    """What may stand behind a number."""
    from twin.core.unit_registry import build_table

    by_dimension: dict[str, list[str]] = {}
    for unit, (dimension, _) in build_table().items():
        by_dimension.setdefault(dimension, []).append(f"`{unit}`")
    rows = [
        [dimension_words(name), ", ".join(sorted(units, key=str.lower))] for name, units in sorted(by_dimension.items())
    ]
    head = (
        "# Units\n\nThese spellings are known at once; what is not listed and can be built of them (`kWh/m2`) is "
        "understood too. "
        "Prefixes `k`, `M`, `G`, `T`, `m`, `u`, `n`, `c` go before any unit. A difference of temperature is `K`, a "
        "temperature `degC` (or `°C`). "
        "A `ton` or `t` is 1,000 kg, a year is 8,760 hours, a month is no unit of time, and horse-power must be said in "
        "kW. "
        "Emissions, normal volume, reactive power and money are dimensions of their own, so `KRW/kWh` where "
        "`KRW/kgCO2e` is due is a fault.\n"
    )
    return NOTE + head + "\n" + table(["dimension", "units"], rows)


def dimension_words(name: str) -> str:
    """A dimension without its brackets."""
    return name.replace("[", "").replace("]", "").replace("^1", "").replace("*", " · ") or "ratio"


# --- tasks


def tasks_page() -> str:
    """Every task of the catalogue."""
    from twin.tasks.catalogue import catalogue

    head = (
        "# The catalogue of tasks\n\nThe programme's own list of designated tasks was not found; these were proposed by "
        "the project. Every assumed figure "
        "is marked, and every one of them can be changed in a copy of the file: see [tasks](../tasks.md).\n"
    )
    return NOTE + head + "\n" + "\n".join(task_section(task) for task in catalogue().values()) + task_keys()


def task_keys() -> str:
    """Every key of a task file."""
    from twin.tasks.task import Task

    schema = Task.model_json_schema(by_alias=True)
    parts = schema.pop("$defs")
    text = "\n## Keys of a task file\n\nA quantity and a share are written as in a [scenario](scenario.md).\n\n"
    return text + "\n".join(
        [section("Task", schema, parts, "###"), *(section(name, parts[name], parts, "###") for name in sorted(parts))]
    )


def task_section(task: Any) -> str:
    """One task: what it changes, what it costs, what it rests on."""
    from twin.tasks.task import PACKAGES

    capex = task.cost.capex
    spread = f", {capex.range_krw[0] / 1e6:g} to {capex.range_krw[1] / 1e6:g}" if capex.range_krw else ""
    applies = task.applies_to.kind or "the site"
    changes = {**task.change.each, **task.change.scenario}
    facts = [
        ("Korean", task.name["ko"] if isinstance(task.name, dict) else task.name),
        ("package", ", ".join(f"{number} ({PACKAGES[number]['en']})" for number in task.package)),
        ("industries", ", ".join(task.industries)),
        ("applies to", f"`{applies}`" if task.applies_to.kind else applies),
        ("changes", ", ".join(f"`{path}`" for path in changes)),
        ("cost", f"{capex.value_krw / 1e6:g} MKRW a {capex.per}{spread} ({capex.data_class})"),
        ("life", f"{task.cost.life_years} years"),
        ("support", f"{task.support.support_class}, `{task.support.programme}`" if task.support else "none"),
        ("must keep", ", ".join(task.service.must_keep)),
    ]
    facts += [(f"parameter `{name}`", f"{p.value} ({p.data_class})") for name, p in task.parameters.items()]
    facts += [
        ("claim", f"{e.claim} ({e.data_class}, {'verified' if e.verified else 'not verified'})") for e in task.evidence
    ]
    name = task.name["en"] if isinstance(task.name, dict) else task.name
    return f"## {task.id}\n\n{name}.\n\n" + table(["", ""], [[key, value] for key, value in facts])


# --- shell


def cli_page() -> str:
    """Every verb of the shell with its arguments and options."""
    import typer.main

    from twin.cli import app

    group = typer.main.get_command(app)
    head = (
        "# The shell\n\n`twin VERB …`; `twin VERB --help` says the same. Results go to stdout, progress and messages to "
        "stderr. "
        "Exit status: 0 ok, 1 failed, 2 bad input, 3 infeasible, 4 target missed, 130 interrupted. What `--json` prints "
        "is told in "
        "[JSON payloads](../json.md).\n"
    )
    return NOTE + head + "\n" + "\n".join(verb_section(name, command) for name, command in group.commands.items())


def verb_section(name: str, command: Any) -> str:
    """One verb."""
    rows = [row for parameter in command.params if (row := parameter_row(parameter))]
    return f"## twin {name}\n\n{command.help}\n\n" + table(["argument", "default", "meaning"], rows)


def parameter_row(parameter: Any) -> list[str] | None:
    """One argument or option; None for ``--help``."""
    if parameter.name == "help":
        return None
    argument = parameter.param_type_name == "argument"
    word = parameter.metavar or parameter.name.upper() if argument else ", ".join(parameter.opts)
    value = "" if argument or parameter.is_flag else f" {parameter.metavar or value_name(parameter)}"
    default = "" if parameter.default in (None, False) or callable(parameter.default) else f"`{parameter.default}`"
    return [f"`{word}{value}`", "*required*" if parameter.required else default, parameter.help or ""]


def value_name(parameter: Any) -> str:
    """What an option without a name for its value takes: a word for its type."""
    return re.sub(r"[^A-Z].*", "", parameter.bare_type().strip("<>").upper().replace("STR", "TEXT"))


def written() -> Iterator[Path]:
    """Write every page; gives their paths."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        yield FOLDER / name


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in written())
