"""extends, use, dotted-path changes, and the wall around the scenario's folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scenario.toy import TOY, faults_of, toy
from twin.core.faults import ScenarioFaults
from twin.scenario.compose import Composer, PathFault, change, inside, merge
from twin.scenario.nodes import Where, from_plain
from twin.scenario.scenario import read

HERE = Where("t")
OUTSIDE = [
    "/etc/passwd",
    "../secret.csv",
    "a/../../secret.csv",
    "..",
    "../",
    "~/x",
    "~root/x",
    "C:/x",
    "c:x",
    "\\\\host\\share",
    "a\\..\\..\\x",
    "//host/share",
    "a\0b",
    "",
    ".",
    "link.csv",
    "linked/secret.csv",
    "loop",
    "./../secret.csv",
    "a/b/../../../secret.csv",
    "/proc/self/environ",
    "/dev/zero",
]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder / "child.yaml"


@pytest.mark.parametrize("text", OUTSIDE)
def test_no_path_leaves_the_root(tmp_path: Path, text: str) -> None:
    """Proves: absolute, climbing, home, drive, UNC, NUL, links out of the root and loops are refused; a secret lies there."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.csv").write_text("secret")
    (root / "link.csv").symlink_to(tmp_path / "secret.csv")
    (root / "linked").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    with pytest.raises(PathFault):
        inside(root, text)


def test_paths_inside_are_fine(tmp_path: Path) -> None:
    """Proves: subfolders, steps up within the root and links within it are allowed."""
    (tmp_path / "a").mkdir()
    (tmp_path / "x.csv").write_text("1")
    (tmp_path / "l.csv").symlink_to(tmp_path / "x.csv")
    for text, base in (("x.csv", None), ("a/../x.csv", None), ("../x.csv", tmp_path / "a"), ("l.csv", None)):
        assert inside(tmp_path, text, base) == (tmp_path / "x.csv").resolve()


def test_merge_by_hand() -> None:
    """Proves: mappings merge deeply, lists and scalars are replaced, null removes. Computed by hand."""
    base = from_plain({"a": {"b": 1, "c": [1, 2], "d": {"e": 1}}, "f": 1}, HERE)
    over = from_plain({"a": {"c": [3], "d": {"g": 2}, "b": None}, "h": 2}, HERE)
    assert merge(base, over).plain() == {"a": {"b": None, "c": [3], "d": {"e": 1, "g": 2}}, "f": 1, "h": 2}


TREES = st.dictionaries(
    st.sampled_from("abc"),
    st.integers(0, 3) | st.dictionaries(st.sampled_from("xyz"), st.integers(0, 3), max_size=3),
    max_size=3,
)


@given(TREES, TREES, TREES)
def test_merge_is_associative_and_idempotent(a: dict, b: dict, c: dict) -> None:
    """Proves: chains of bases may be grouped as one likes, and merging a tree with itself changes nothing."""
    x, y, z = (from_plain(tree, HERE) for tree in (a, b, c))
    assert merge(x, x).plain() == a
    if all(
        isinstance(p.get(k), dict) == isinstance(q.get(k), dict)
        for p in (a, b, c)
        for q in (a, b, c)
        for k in set(p) & set(q)
    ):
        assert merge(merge(x, y), z).plain() == merge(x, merge(y, z)).plain()


def test_extends_and_null(tmp_path: Path) -> None:
    """Proves: a child changes what it says and keeps the rest; null removes an optional part; holidays: null means none."""
    path = write(
        tmp_path,
        base=TOY,
        child="extends: base.yaml\nsite: {contract_power: 500 kW, carbon_price: null}\n"
        "calendar: {holidays: null}\nutilities: {air: null}\n",
    )
    child = read(path)
    assert child.spec.site.contract_power_kw == 500
    assert child.spec.site.base_load_kw == 35
    assert child.spec.site.carbon_price is None
    assert child.spec.calendar.holidays is None
    assert dict(child.utilities) == {}
    assert "carbon_price" not in child.tree["site"]


def test_a_fault_names_the_file_that_wrote_the_value(tmp_path: Path) -> None:
    """Proves: a fault in the base names the base, one in the child the child, with their own lines."""
    path = write(
        tmp_path,
        base=TOY.replace("base_load: 35 kW", "base_load: 35 kg"),
        child="extends: [base.yaml]\n\nproducts: {plate: {mass: -1 kg}}\n",
    )
    with pytest.raises(ScenarioFaults) as caught:
        read(path)
    line = TOY.splitlines().index("  base_load: 35 kW") + 1
    assert {(fault.file, fault.line, fault.place) for fault in caught.value.faults} == {
        ("base.yaml", line, "site.base_load"),
        ("child.yaml", 3, "products.plate.mass"),
    }


def test_extends_in_a_circle(tmp_path: Path) -> None:
    """Proves: a circle of files is told with its way, not followed for ever."""
    path = write(tmp_path, a="extends: child.yaml\n", child="extends: a.yaml\n" + TOY)
    with pytest.raises(ScenarioFaults) as caught:
        read(path)
    assert [fault.value for fault in caught.value.faults] == ["child.yaml → a.yaml → child.yaml"]


def test_use_takes_one_station(tmp_path: Path) -> None:
    """Proves: ``use`` takes a station from another file, siblings override it, and a path inside it can be changed."""
    other = "stations:\n  big: {kind: toy, cycle: {plate: 99 s}, tap: 800 degC, units: 3}\n"
    text = TOY.replace(
        "press: {kind: toy, cycle: {plate: 62 s}, power: {processing: 48 kW, standby: 14 kW}, crew: staff}",
        "press: {use: {file: other.yaml, station: big}, units: 2}",
    )
    path = write(tmp_path, other=other, child=text)
    station = read(path, {"stations.press.tap": "810 degC"}).stations["press"]
    assert (station.units, station.tap_c, station.cycle["plate"].constant_s) == (2, 810.0, 99.0)


@pytest.mark.parametrize(
    ("use", "problem"),
    [
        ("{file: other.yaml, station: bigg}", "no such station"),
        ("{file: none.yaml, station: big}", "no such file"),
        ("{file: ../x.yaml, station: big}", "may not leave"),
        ("{file: other.yaml}", "needs exactly"),
        ("other.yaml", "needs exactly"),
        ("{file: child.yaml, station: press}", "circle"),
    ],
)
def test_use_faults(tmp_path: Path, use: str, problem: str) -> None:
    """Proves: what is wrong with ``use`` is told at its line."""
    text = TOY.replace("press: {kind: toy,", f"press: {{use: {use}, kind: toy,")
    path = write(tmp_path, other="stations: {big: {kind: toy, cycle: 9 s}}\n", child=text)
    with pytest.raises(ScenarioFaults) as caught:
        read(path)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "use:" in row)
    assert [fault.line for fault in caught.value.faults if problem in fault.problem] == [line]


def test_set_lists_and_missing_parents() -> None:
    """Proves: places in lists count from 0, parents that are missing are made, YAML lists and mappings are read."""
    node = from_plain({"a": [1, {"b": 2}], "c": {"value": "5 kW", "source": "x"}}, HERE)
    assert (
        change(
            node,
            {"a.1.b": "7", "d.e": "[1, 2]", "c.value": "6 kW", "f": "{g: h}", "i": "null", "j": "08:00", "k": '"12"'},
            "--set",
        )
        == []
    )
    assert node.plain() == {
        "a": [1, {"b": 7}],
        "c": {"value": "6 kW", "source": "x"},
        "d": {"e": [1, 2]},
        "f": {"g": "h"},
        "i": None,
        "j": "08:00",
        "k": "12",
    }


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("a.2", "list of 2"),
        ("a.x", "list of 2"),
        ("c.d", "is a value"),
        ("c.d.e", "is a value"),
        ("", "dotted path"),
        ("a..b", "dotted path"),
    ],
)
def test_set_faults(path: str, problem: str) -> None:
    """Proves: a change that leads nowhere is a fault that bears the change's own name."""
    node = from_plain({"a": [1, 2], "c": 3}, HERE)
    (fault,) = change(node, {path: "1"}, "--set")
    assert problem in fault.problem
    assert fault.file == f"--set {path}"


def test_faults_of_a_change_name_the_change(tmp_path: Path) -> None:
    """Proves: what --set breaks is blamed on --set, with no line."""
    (fault,) = faults_of(tmp_path, TOY, {"products.plate.yeild": "3 %"})
    assert (fault.file, fault.line, fault.fix) == ("--set products.plate.yeild", 0, "did you mean 'yield'?")


PATHS = {
    "site.contract_power": ["800 kW", "950 kW"],
    "products.plate.yield": ["60 %", "0.7"],
    "products.plate.scrap": ["1 %"],
    "orders.weekly.quantity": [100, 300],
    "stations.press.units": [2, 3],
    "calendar.shifts.day.to": ["16:00"],
    "run.duration": ["1 week", "2 weeks"],
    "site.base_load": [None, "10 kW"],
}


@given(data=st.data())
def test_changes_of_different_paths_commute(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Proves: the order of changes to different paths does not matter, all at once or one by one: same hash, same payload."""
    scenario = toy(tmp_path_factory.mktemp("t"))
    chosen = data.draw(st.lists(st.sampled_from(sorted(PATHS)), unique=True, min_size=1, max_size=4))
    changes = {path: data.draw(st.sampled_from(PATHS[path])) for path in chosen}
    shuffled = dict(data.draw(st.permutations(list(changes.items()))))
    at_once, one_by_one = scenario.changed(changes), scenario
    for path, value in shuffled.items():
        one_by_one = one_by_one.changed({path: value})
    assert at_once.sha256 == scenario.changed(shuffled).sha256 == one_by_one.sha256
    assert at_once.payload() == one_by_one.payload()


def test_a_fifo_or_folder_is_not_opened(tmp_path: Path) -> None:
    """Proves: only plain files are read; a pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(PathFault, match="no such file"):
        inside(tmp_path, "pipe.csv")


def test_too_many_files(tmp_path: Path) -> None:
    """Proves: a chain of bases has an end."""
    for k in range(60):
        (tmp_path / f"f{k}.yaml").write_text(f"extends: f{k + 1}.yaml\n")
    composer = Composer(tmp_path)
    with pytest.raises(ScenarioFaults):
        composer.compose(tmp_path / "f0.yaml")


def test_a_base_that_cannot_be_read_is_the_only_fault(tmp_path: Path) -> None:
    """Proves: of `extends:` to nowhere only that is told. Sensitivity: six keys 'missing' that stand in the file that was not found."""
    (tmp_path / "one.yaml").write_text("extends: nowhere.yaml\nname: One\n", encoding="utf-8")
    with pytest.raises(ScenarioFaults) as caught:
        read(tmp_path / "one.yaml")
    assert [fault.place for fault in caught.value.faults] == ["extends"]
