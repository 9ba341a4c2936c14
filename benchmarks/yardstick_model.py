"""A plant instance as an interval model of CP-SAT: ``python yardstick_model.py INSTANCE HINT SECONDS WORKERS OUT``, where ortools is.

Imports nothing of the twin: ortools brings its own HiGHS, which cannot share a process with highspy. One optional interval per job,
operation and group, one per furnace load; energy as a table over starts (element), the peak as the capacity of a cumulative constraint
over the power steps of all intervals. Battery, PV and idling are left out of the search; the caller completes and prices the schedule.
"""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import Any

from ortools.sat.python import cp_model

HINT_S = 120.0
"""for working out the open variables of the hint, on top of the seconds of the search"""


class Model:
    """Variables and constraints of one instance; all money in whole KRW."""

    def __init__(self, instance: dict[str, Any]) -> None:
        self.model = cp_model.CpModel()
        self.slots = int(instance["slots"])
        self.hour = instance["slot_minutes"] / 60
        self.groups = {group["name"]: group for group in instance["groups"]}
        self.families, self.jobs = instance["families"], instance["jobs"]
        carbon = instance["carbon_price_krw_per_kg"]
        pairs = zip(instance["price_krw_per_kwh"], instance["carbon_kg_per_kwh"], strict=True)
        self.price = [price + carbon * kg for price, kg in pairs]
        self.starts: dict[tuple[int, int], cp_model.IntVar] = {}
        self.chosen: dict[tuple[int, int, str], cp_model.IntVar] = {}
        self.member: dict[tuple[int, int, str, str, int], cp_model.IntVar] = {}
        self.load_start: dict[tuple[str, str, int], cp_model.IntVar] = {}
        self.load_used: dict[tuple[str, str, int], cp_model.IntVar] = {}
        self.on: dict[str, list[Any]] = {name: [] for name in self.groups}
        self.steps: list[Any] = []
        self.powers: list[int] = []
        self.costs: list[Any] = []
        self.peak = self.model.new_int_var(0, 100_000, "peak")
        self.add_jobs()
        self.add_loads()
        self.add_units()
        base = round(max(instance["base_kw"]))
        self.model.add_cumulative(self.steps, self.powers, self.peak)
        demand = round(instance["demand_rate_krw_per_kw"])
        self.model.minimize(sum(self.costs) + demand * (self.peak + base))

    def valid(self, group: dict[str, Any], duration: int, earliest: int = 0) -> list[int]:
        """Slots in which work of this length may start: the group is there all along, and has been switched on before."""
        first = max(earliest, group["startup_slots"] if group["has_states"] else 0)
        there = group["available"]
        return [t for t in range(first, self.slots - duration + 1) if all(there[t : t + duration])]

    def energy(self, power_kw: list[float]) -> list[int]:
        """Cost of work with this profile by start, KRW."""
        last = self.slots - len(power_kw)
        return [
            round(self.hour * sum(kw * self.price[t + q] for q, kw in enumerate(power_kw))) if t <= last else 0
            for t in range(self.slots + 1)
        ]

    def work(self, start: Any, way: dict[str, Any], presence: Any, name: str) -> Any:
        """The interval of some work; its power steps and cost are noted."""
        duration = int(way["duration"])
        interval = self.model.new_optional_fixed_size_interval_var(start, duration, presence, name)
        offset = 0
        for power, same in groupby(round(kw) for kw in way["power_kw"]):
            length = len(list(same))
            step = self.model.new_optional_fixed_size_interval_var(start + offset, length, presence, f"{name}+{offset}")
            self.steps.append(step)
            self.powers.append(power)
            offset += length
        table = self.energy(way["power_kw"])
        at = self.model.new_int_var(0, max(table), f"table {name}")
        self.model.add_element(start, table, at)
        cost = self.model.new_int_var(0, max(table), f"cost {name}")
        self.model.add(cost >= at).only_enforce_if(presence)
        self.costs.append(cost)
        return interval

    def add_jobs(self) -> None:
        """Starts, groups, lags, longest waits, holding, lateness."""
        for j, job in enumerate(self.jobs):
            end_before: Any = int(job["release"])
            for k, operation in enumerate(self.families[job["family"]]["operations"]):
                end = self.add_operation(j, k, operation, int(job["release"]))
                ready = end_before + int(operation["lag_slots"])
                self.model.add(self.starts[j, k] >= ready)
                if operation["max_wait_slots"] is not None:
                    self.model.add(self.starts[j, k] <= ready + int(operation["max_wait_slots"]))
                if operation["hold_kw"]:
                    mean = sum(self.price) / len(self.price)
                    self.costs.append(round(operation["hold_kw"] * self.hour * mean) * (self.starts[j, k] - ready))
                end_before = end
            late = self.model.new_int_var(0, self.slots, f"late {j}")
            self.model.add(late >= end_before - int(job["due"]))
            self.costs.append(round(self.families[job["family"]]["tardiness_krw_per_slot"]) * late)

    def add_operation(self, j: int, k: int, operation: dict[str, Any], release: int) -> Any:
        """Its start and group; returns its end."""
        ways = operation["alternatives"]
        allowed = {name: self.valid(self.groups[name], int(way["duration"]), release) for name, way in ways.items()}
        every = sorted({t for slots in allowed.values() for t in slots})
        start = self.model.new_int_var_from_domain(cp_model.Domain.from_values(every), f"start {j}.{k}")
        self.starts[j, k] = start
        length = []
        for name, way in ways.items():
            chosen = self.model.new_bool_var(f"{j}.{k} on {name}")
            self.chosen[j, k, name] = chosen
            self.model.add_linear_expression_in_domain(
                start, cp_model.Domain.from_values(allowed[name])
            ).only_enforce_if(chosen)
            length.append(int(way["duration"]) * chosen)
            if self.groups[name]["places"] == 1:
                self.on[name].append(self.work(start, way, chosen, f"{j}.{k} {name}"))
        self.model.add_exactly_one(self.chosen[j, k, name] for name in ways)
        return start + sum(length)

    def add_loads(self) -> None:
        """Loads of each recipe on each furnace with places: what a load takes, when it starts, in which order they are counted."""
        wanted: dict[tuple[str, str], list[tuple[int, int, dict[str, Any]]]] = {}
        for j, k, name in self.chosen:
            if self.groups[name]["places"] > 1:
                family = self.families[self.jobs[j]["family"]]
                way = family["operations"][k]["alternatives"][name]
                wanted.setdefault((name, str(family["recipe"])), []).append((j, k, way))
        for (name, recipe), asked in wanted.items():
            before = None
            for number in range(len(asked)):
                before = self.add_load(name, recipe, number, asked, before)

    def add_load(self, name: str, recipe: str, number: int, asked: list[Any], before: Any) -> tuple[Any, Any]:
        """One load; loads that are used come first, in the order of their starts."""
        group, way = self.groups[name], asked[0][2]
        used = self.model.new_bool_var(f"load {name} {recipe} {number}")
        domain = cp_model.Domain.from_values(self.valid(group, int(way["duration"])))
        start = self.model.new_int_var_from_domain(domain, f"start of load {name} {recipe} {number}")
        self.load_start[name, recipe, number], self.load_used[name, recipe, number] = start, used
        self.on[name].append(self.work(start, way, used, f"load {name} {recipe} {number}"))
        inside = []
        for j, k, _ in asked:
            member = self.model.new_bool_var(f"{j}.{k} in {name} {recipe} {number}")
            self.member[j, k, name, recipe, number] = member
            self.model.add_implication(member, used)
            self.model.add(self.starts[j, k] == start).only_enforce_if(member)
            inside.append(member)
        self.model.add(sum(inside) <= int(group["places"]))
        if before is not None:
            self.model.add_implication(used, before[0])
            self.model.add(before[1] <= start)
        return used, start

    def add_units(self) -> None:
        """Each job on a furnace with places is in one load of it; no more at once than there are units."""
        by_choice: dict[tuple[int, int, str], list[Any]] = {}
        for (j, k, name, _, _), member in self.member.items():
            by_choice.setdefault((j, k, name), []).append(member)
        for key, members in by_choice.items():
            self.model.add(sum(members) == self.chosen[key])
        for name, intervals in self.on.items():
            self.model.add_cumulative(intervals, [1] * len(intervals), int(self.groups[name]["units"]))

    def hint(self, placed: list[dict[str, Any]]) -> None:
        """Starts, groups and loads of a known schedule."""
        loads: dict[tuple[str, str], dict[tuple[int, int], int]] = {}
        groups, inside = set(), set()
        begun: dict[tuple[str, str, int], int] = {}
        for one in sorted(placed, key=lambda row: row["start"]):
            j, k, name = one["job"], one["operation"], one["group"]
            self.model.add_hint(self.starts[j, k], one["start"])
            groups.add((j, k, name))
            if self.groups[name]["places"] > 1:
                recipe = str(self.families[self.jobs[j]["family"]]["recipe"])
                known = loads.setdefault((name, recipe), {})
                number = known.setdefault((one["unit"], one["load"]), len(known))
                inside.add((j, k, name, recipe, number))
                begun[name, recipe, number] = one["start"]
        for choice, chosen in self.chosen.items():
            self.model.add_hint(chosen, choice in groups)
        for place, member in self.member.items():
            self.model.add_hint(member, place in inside)
        for load, start in begun.items():
            self.model.add_hint(self.load_start[load], start)
            self.model.add_hint(self.load_used[load], 1)

    def complete_hint(self, seconds: float) -> str:
        """Work out the variables that the hint leaves open, so that the search begins with a whole solution; the solver's status."""
        solver = cp_model.CpSolver()
        solver.parameters.fix_variables_to_their_hinted_value = True
        solver.parameters.max_time_in_seconds = seconds
        status = solver.status_name(solver.solve(self.model))
        if status in ("OPTIMAL", "FEASIBLE"):
            self.model.clear_hints()
            for index, value in enumerate(solver.response_proto.solution):
                self.model.add_hint(self.model.get_int_var_from_proto_index(index), value)
        return status

    def placed(self, solver: cp_model.CpSolver) -> list[dict[str, Any]]:
        """The schedule; units are not told apart, ``load`` is a number of its own for each load of a group."""
        recipes = sorted({str(family["recipe"]) for family in self.families})
        numbers = {
            (j, k): recipes.index(recipe) * len(self.jobs) + number
            for (j, k, _, recipe, number), member in self.member.items()
            if solver.value(member)
        }
        return [
            {"job": j, "operation": k, "group": name, "start": solver.value(self.starts[j, k]),
             "load": numbers.get((j, k), j)}
            for (j, k, name), chosen in self.chosen.items() if solver.value(chosen)
        ]  # fmt: skip


def main(instance: str, hint: str, seconds: str, workers: str, out: str) -> None:
    """Solve and write the schedule with the solver's own cost and bound; the hint where it finds none."""
    made = Model(json.loads(Path(instance).read_text(encoding="utf-8")))
    known = json.loads(Path(hint).read_text(encoding="utf-8"))
    made.hint(known)
    hinted = made.complete_hint(HINT_S)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = float(seconds)
    solver.parameters.num_workers = int(workers)
    status = solver.status_name(solver.solve(made.model))
    found = status in ("OPTIMAL", "FEASIBLE")
    answer = {
        "status": status,
        "hint": hinted,
        "own_objective_krw": solver.objective_value if found else None,
        "own_bound_krw": solver.best_objective_bound,
        "seconds": solver.wall_time,
        "placed": made.placed(solver) if found else known,
    }
    Path(out).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:6])
