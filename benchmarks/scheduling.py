"""One scheduling instance, solved within a time limit: ``python benchmarks/scheduling.py --instance FILE --seconds N --out RESULT``.

``--instance``: a plant instance (``plant-schedule/1``); ``--tou FOLDER --number N``: a published instance of parallel machines under
time-of-use prices. The result is a JSON file; nothing is printed but progress, on stderr with ``-v``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

if __package__ in (None, ""):  # run as a file: the folder above holds the package
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def arguments_of(given: list[str] | None) -> argparse.Namespace:
    """The command line, read."""
    parser = argparse.ArgumentParser(prog="benchmarks/scheduling.py", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--instance", type=Path, help="a plant instance (JSON)")
    what.add_argument("--tou", type=Path, help="folder of the published time-of-use instances; needs --number")
    parser.add_argument("--number", help="which of them, as its file is named")
    parser.add_argument("--seconds", type=float, required=True, help="wall-clock limit, reading and building included")
    parser.add_argument("--out", type=Path, required=True, help="where the result goes (JSON)")
    parser.add_argument("--seed", type=int, default=0, help="of the insertion search")
    parser.add_argument("-v", "--verbose", action="store_true", help="progress on stderr")
    asked = parser.parse_args(given)
    if asked.tou is not None and asked.number is None:
        parser.error("--tou needs --number")
    return asked


def told(done: int, total: int, text: str) -> None:
    """Progress on stderr."""
    print(f"{done}/{total} {text}" if total else f"{done} {text}", file=sys.stderr, flush=True)


def main(given: list[str] | None = None) -> None:
    """Solve what is asked for and write its result."""
    asked = arguments_of(given)
    result: dict[str, Any]
    if asked.tou is not None:
        from benchmarks import tou

        result = tou.run(asked.tou, asked.number, asked.seconds)
    else:
        from benchmarks import plant_instances

        result = plant_instances.run(
            asked.instance, asked.seconds, seed=asked.seed, progress=told if asked.verbose else None
        )
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text(json.dumps(result) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
