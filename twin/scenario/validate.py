"""One merged tree → its typed parts and everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twin.core.faults import Fault, InputFault, did_you_mean
from twin.scenario import observed
from twin.scenario.cap_checks import cap_faults
from twin.scenario.checks import View, check
from twin.scenario.compose import PathFault, at_path, change, inside
from twin.scenario.explain import faults_of, types_at
from twin.scenario.kind_faults import kinds_told, times_due
from twin.scenario.kinds import UnknownKind, kind_class, names, utility_class
from twin.scenario.nodes import Node, Path_
from twin.scenario.plan import PlantState
from twin.scenario.production_checks import check_production
from twin.scenario.provenance import Provenance, unwrap
from twin.scenario.reference_checks import check_reference
from twin.scenario.schema import Part, ScenarioSpec, Station, Utility
from twin.scenario.start import start_faults
from twin.scenario.tables import TableFault, order_faults, read_table, series_faults
from twin.scenario.workload import size_faults, upset_faults, workload_warnings

TARIFF_FILES = (".json", ".yaml", ".yml", ".csv")


@dataclass
class Parts:
    """What a tree holds. ``spec`` is None where the schema found faults."""

    spec: ScenarioSpec | None = None
    stations: dict[str, Station] = field(default_factory=dict)
    utilities: dict[str, Utility] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)
    provenance: dict[str, Provenance] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def validate(node: Node, root: Path | None, tables: Mapping[str, Any] | None) -> Parts:
    """The parts of a scenario and its faults. ``tables``: rows already loaded by dotted path, used where the file named is the same."""
    unwrapped = unwrap(node)
    tree, parts = unwrapped.tree, Parts(faults=unwrapped.faults)
    view = View(tree, node)
    _load_tables(view, root, tables, parts)
    tree_filled = observed.filled(tree, parts.tables) if observed.places(tree) else tree
    parts.spec = _spec(tree_filled, node, parts.faults)
    for name, part in View(tree_filled, node).mapping("stations").items():
        found = _typed(part, ("stations", name), node, parts.faults)
        if isinstance(found, Station):
            parts.stations[name] = found
    for name, part in view.mapping("utilities").items():
        found = _typed(part, ("utilities", name), node, parts.faults)
        if isinstance(found, Utility):
            parts.utilities[name] = found
    parts.faults += view.faults + check(tree, node) + check_production(tree, node)
    parts.faults += check_reference(tree, node) + _truth_faults(node)
    parts.provenance = unwrapped.provenance()
    if parts.spec is not None and not any(fault.severity == "error" for fault in parts.faults):
        with kinds_told():
            _faults_of_the_whole(view, parts, parts.spec)
    return parts


def _faults_of_the_whole(view: View, parts: Parts, spec: ScenarioSpec) -> None:
    """What is wrong, or asks too much, in a scenario whose parts are sound one by one."""
    _own_problems(view, parts, spec)
    cap_faults(view, spec, parts.stations, parts.utilities)
    start_faults(view, spec, parts.stations)
    size_faults(spec, parts.tables, view)
    upset_faults(spec, parts.stations, view)
    parts.faults += view.faults
    if not any(fault.severity == "error" for fault in view.faults):
        for name, kind in parts.stations.items():
            times_due(kind, {label: product for label, product in spec.products.items() if name in product.stations})
        parts.faults += workload_warnings(spec, parts.stations, parts.tables, view)


def _spec(tree: Any, node: Node, faults: list[Fault]) -> ScenarioSpec | None:
    try:
        return ScenarioSpec.model_validate(tree, by_alias=True, by_name=False)
    except ValidationError as error:
        faults += faults_of(error, ScenarioSpec, node)
        return None


def _typed(part: Any, path: Path_, node: Node, faults: list[Fault]) -> Part | None:
    """A station or utility validated by the class of its kind; None where it cannot be."""
    view = View({}, node)
    found = _kind(part, path, view)
    faults += view.faults
    if found is None:
        return None
    try:
        return found.model_validate(part, by_alias=True, by_name=False)
    except ValidationError as error:
        faults += faults_of(error, found, node, path)
        return None


def _kind(part: Any, path: Path_, view: View) -> type[Station | Utility] | None:
    """The class named by ``kind:``; None (and a fault) where there is none."""
    word = part.get("kind") if isinstance(part, dict) else None
    try:
        if not isinstance(part, dict):
            view.fault(path, "not a mapping", "write {kind: …}", value=str(part))
        elif not isinstance(word, str):
            view.fault(
                (*path, "kind"),
                "the key is missing" if word is None else "not a word",
                f"add 'kind: …', {did_you_mean('', names())}",
            )
        else:
            return kind_class(word) if path[0] == "stations" else utility_class(word)
    except UnknownKind as error:
        view.fault((*path, "kind"), error.problem, error.fix, value=word)
    return None


def _truth_faults(node: Node) -> list[Fault]:
    """``true`` or ``false`` where a number or text is due (Python would take them for 1 and 0)."""
    view = View({}, node)
    for path, one in node.walk():
        if not isinstance(one.value, bool) or path[0] == "what_if" or path[-1] == "verified":
            continue
        allowed = types_at(*_schema_of(node, path))
        if allowed and bool not in allowed and Any not in allowed:
            view.fault(
                path,
                "true or false where something else is due",
                "write the value itself, or put it in quotes",
                value=one.value,
            )
    return view.faults


def _schema_of(node: Node, path: Path_) -> tuple[Any, Path_]:
    """The model that reads ``path``, and the path below it."""
    if path[0] not in ("stations", "utilities") or len(path) < 3:
        return ScenarioSpec, path
    word = at_path(node, (*path[:2], "kind"))
    try:
        find = kind_class if path[0] == "stations" else utility_class
        return find(str(word.value) if word is not None else ""), path[2:]
    except UnknownKind:
        return Any, path[2:]


def _table_places(view: View) -> list[Path_]:
    places: list[Path_] = [("orders",), ("site", "grid_factor"), ("site", "marginal_factor"), ("site", "pv", "profile")]
    places.append(("site", "pv", "surplus", "sell"))
    return [place for place in places if isinstance(view.get(*place, "file"), str)] + observed.places(view.tree)


def _load_tables(view: View, root: Path | None, loaded: Mapping[str, Any] | None, parts: Parts) -> None:
    for place in _table_places(view):
        text, name = view.get(*place, "file"), ".".join(map(str, place))
        rows = _known(loaded, name, text)
        path = None if rows is not None else _file(view, (*place, "file"), root)
        try:
            if path is not None:
                rows = {"file": text, "rows": read_table(path)}
        except TableFault as fault:
            parts.faults.append(Fault(text, fault.line, 0, name, fault.problem, fault.value, fault.fix))
        if rows is not None:
            parts.tables |= {name: rows["rows"], f"{name}.file": text}
            parts.faults += _rows_faults(view, place, tuple(rows["rows"]), text)
    _attach_tariff(view, root, loaded, parts)
    _attach_state(view, root, loaded, parts)


def _rows_faults(view: View, place: Path_, rows: tuple[dict[str, Any], ...], file: str) -> list[Fault]:
    """What is wrong with the rows of one table."""
    name = ".".join(map(str, place))
    if place == ("orders",):
        return order_faults(rows, file, set(view.mapping("products")))
    return observed.table_faults(rows, file, name) if place[-1] == "empirical" else series_faults(rows, file, name)


def _known(loaded: Mapping[str, Any] | None, name: str, text: str) -> dict[str, Any] | None:
    if loaded is None or loaded.get(f"{name}.file") != text:
        return None
    return {"file": text, "rows": loaded[name]}


def _attach_tariff(view: View, root: Path | None, loaded: Mapping[str, Any] | None, parts: Parts) -> None:
    """A tariff given as a file: its text becomes part of the scenario."""
    text = view.get("site", "tariff")
    if not isinstance(text, str) or not text.lower().endswith(TARIFF_FILES):
        return
    if loaded is not None and loaded.get("site.tariff.file") == text:
        parts.tables |= {key: loaded[key] for key in ("site.tariff", "site.tariff.file")}
        return
    path = _file(view, ("site", "tariff"), root)
    if path is not None:
        try:
            parts.tables |= {"site.tariff": path.read_text(encoding="utf-8"), "site.tariff.file": text}
        except (OSError, UnicodeDecodeError):
            view.fault(("site", "tariff"), "cannot be read as UTF-8 text", "check the file")
            return
        _rates_readable(view, text, parts.tables["site.tariff"])


def _rates_readable(view: View, name: str, text: str) -> None:
    """A file of rates holds one that can be billed."""
    from twin.reference.facts import TariffFault
    from twin.reference.urdb import read_fields

    try:
        read_fields(text, name)
    except TariffFault as fault:
        view.fault(("site", "tariff"), str(fault), "a rate of the OpenEI Utility Rate Database as JSON")


def _attach_state(view: View, root: Path | None, loaded: Mapping[str, Any] | None, parts: Parts) -> None:
    """The state that a run begins from: its text becomes part of the scenario."""
    text = view.get("run", "state", "file")
    if not isinstance(text, str):
        return
    if loaded is not None and loaded.get("run.state.file") == text:
        parts.tables |= {key: loaded[key] for key in ("run.state", "run.state.file")}
        return
    path = _file(view, ("run", "state", "file"), root)
    if path is None:
        return
    try:
        state = path.read_text(encoding="utf-8")
        PlantState.from_json(state)
        parts.tables |= {"run.state": state, "run.state.file": text}
    except (OSError, UnicodeDecodeError):
        view.fault(("run", "state", "file"), "cannot be read as UTF-8 text", "check the file")
    except InputFault as fault:
        view.fault(("run", "state", "file"), str(fault)[:200], "the file that twin.models.plant.simulate_to_state gave")


def _file(view: View, path: Path_, root: Path | None) -> Path | None:
    if root is None:
        view.fault(path, "a file cannot be named in a scenario without a folder", "read the scenario from a file")
        return None
    where = view.where(path).file
    written = (root / where).parent if (root / where).is_file() else root
    try:
        return inside(root, str(view.get(*path)), written)
    except PathFault as fault:
        view.fault(path, fault.problem, fault.fix)
        return None


def _own_problems(view: View, parts: Parts, spec: ScenarioSpec) -> None:
    """What the kinds themselves find wrong in the scenario around them."""
    for section, group in (("stations", parts.stations), ("utilities", parts.utilities)):
        for name, part in group.items():
            for place, problem, fix in part.problems(name, spec):
                path = tuple(int(step) if step.isdecimal() else step for step in place.lstrip("/").split(".") if step)
                view.fault(path if place.startswith("/") else (section, name, *path), problem, fix)


def what_if_faults(node: Node, root: Path | None, tables: Mapping[str, Any]) -> list[Fault]:
    """The faults that each named what-if would cause, at the lines where it is written; its warnings are not counted."""
    faults: list[Fault] = []
    for name, changes in node.value["what_if"].value.items():
        copied = node.copy()
        copied.value.pop("what_if")
        trouble = change(copied, dict(changes.value), f"what_if.{name}")
        trouble += validate(copied, root, tables).faults
        faults += [fault for fault in trouble if fault.severity == "error"]
    return faults
