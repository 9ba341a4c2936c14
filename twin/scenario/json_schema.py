"""The JSON Schema of scenario files, for editors and for ``twin schema``: every kind of equipment is a branch told apart by ``kind``.

``python -m twin.scenario.json_schema PATH`` rewrites the committed file; a test fails when it is stale.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode
from pydantic_core import core_schema

from twin.scenario.kinds import kinds, utilities
from twin.scenario.provenance import META
from twin.scenario.schema import Part, ScenarioSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_BOUNDS = {"gt": "x-exclusiveMinimum", "ge": "x-minimum", "lt": "x-exclusiveMaximum", "le": "x-maximum"}
_REF = "#/$defs/"


def scenario_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a scenario file, with all installed kinds."""
    schema = _schema_of(ScenarioSpec)
    definitions: dict[str, Any] = schema.pop("$defs", {})
    schema["properties"]["stations"] = _section(kinds(), definitions, "station")
    schema["properties"]["utilities"] = _section(utilities(), definitions, "utility")
    schema["properties"]["extends"] = {
        "description": "base files, merged below this one; paths relative to this file",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    definitions["Provenance"] = _provenance()
    schema = {"$schema": DIALECT, "title": "Scenario", **schema, "$defs": definitions}
    schema["anyOf"] = [{"required": schema.pop("required", [])}, {"required": ["extends"]}]
    tidy: dict[str, Any] = _tidied(schema)
    return tidy


def text() -> str:
    """The schema as it is committed."""
    return json.dumps(scenario_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _schema_of(model: type[Part]) -> dict[str, Any]:
    mode: JsonSchemaMode = "validation"
    return model.model_json_schema(by_alias=True, mode=mode, schema_generator=_Shorthand)


class _Shorthand(GenerateJsonSchema):
    """Adds the short spelling of a part (``cycle: 62 s``) and takes titles out, which say nothing that the key does not."""

    def model_schema(self, schema: core_schema.ModelSchema) -> dict[str, Any]:
        """A part that may be written short is a mapping or a text."""
        whole = super().model_schema(schema)
        short = getattr(schema["cls"], "shorthand", None)
        return {"anyOf": [whole, whole["properties"][short]]} if short else whole


def _section(classes: Mapping[str, type[Part]], definitions: dict[str, Any], word: str) -> dict[str, Any]:
    """A mapping of names to parts: one branch a kind, and the one that takes a part from another file."""
    branches: list[dict[str, Any]] = []
    for name, kind in sorted(classes.items()):
        branch = _own_names(_schema_of(kind), kind.__name__, definitions)
        definitions |= branch.pop("$defs", {})
        branch.get("properties", {})["kind"] = {"const": name}
        branch["required"] = sorted({*branch.get("required", []), "kind"})
        definitions[kind.__name__] = branch
        branches.append({"$ref": f"{_REF}{kind.__name__}"})
    named = {"file": {"type": "string"}, word: {"type": "string"}}
    used = {"type": "object", "required": ["file", word], "additionalProperties": False, "properties": named}
    branches.append({"type": "object", "required": ["use"], "properties": {"use": used}})
    names = [name for name, _ in sorted(classes.items())]
    entry = {"oneOf": branches, "discriminator": {"propertyName": "kind", "x-known": names}}
    return {"type": "object", "minProperties": 1 if word == "station" else 0, "additionalProperties": entry}


def _own_names(branch: dict[str, Any], kind: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """A kind's schema in which parts that are called like other parts elsewhere bear the kind's name too."""
    clashes = {name for name, part in branch.get("$defs", {}).items() if name in known and known[name] != part}
    if not clashes:
        return branch
    renamed = {name: f"{kind}{name}" if name in clashes else name for name in branch["$defs"]}
    branch["$defs"] = {renamed[name]: part for name, part in branch["$defs"].items()}
    found: dict[str, Any] = _pointing(branch, {f"{_REF}{old}": f"{_REF}{new}" for old, new in renamed.items()})
    return found


def _pointing(node: Any, refs: Mapping[str, str]) -> Any:
    """A copy of a schema with references renamed."""
    if isinstance(node, list):
        return [_pointing(item, refs) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: refs.get(value, value) if key == "$ref" and isinstance(value, str) else _pointing(value, refs)
        for key, value in node.items()
    }


def _provenance() -> dict[str, Any]:
    """A quantity with what stands beside it."""
    properties: dict[str, Any] = {key: {} for key in sorted(META)}
    properties |= {
        "value": {"type": ["string", "number"]},
        "range": {"type": "array", "minItems": 2, "maxItems": 2},
        "data_class": {"enum": ["metered", "fitted", "nameplate", "literature", "assumed"]},
        "verified": {"type": "boolean"},
    }
    return {"type": "object", "required": ["value"], "properties": properties, "additionalProperties": False}


def _tidied(node: Any) -> Any:
    """Without titles and numeric bounds on texts; every quantity may be written with its provenance."""
    if isinstance(node, list):
        return [_tidied(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "x-unit" in node:
        return _quantity(node)
    return {
        key: _tidied(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str) and value != "Scenario")
    }


def _quantity(node: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: node[key] for key in ("description", "default") if key in node}
    bounds = {key: node[key] for key in _BOUNDS.values() if key in node}
    bounds |= {key: node[short] for short, key in _BOUNDS.items() if short in node}
    forms: list[dict[str, Any]] = [{"type": "string"}]
    if node["x-unit"] == "1":
        forms.append({"type": "number"})
    return {
        **kept,
        **bounds,
        "x-unit": node["x-unit"],
        "examples": node.get("examples", []),
        "anyOf": [*forms, {"$ref": f"{_REF}Provenance"}],
    }


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(text(), encoding="utf-8")
