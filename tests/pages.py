"""Pages of Markdown as programs: their code is run from top to bottom, and what they show is compared with what comes out.

Fences and what becomes of them:

* ``python`` is run; lines with ``>>>`` are compared with what they show, ``...`` stands for anything.
* ``console`` holds commands after ``$``, run in turn, and what they print (both streams, as on a terminal). A command without output
  shown is run and not compared. A comment ``# exit 2`` states another exit status than 0.
* Any language with ``file=NAME`` in its fence is written to that file; the commands and code below may use it.
* ``needs=PATH`` in a fence leaves the rest of the page out where those outside data are missing.
* Everything else is shown and not run: ``sh``, ``yaml``, ``json``, ``text``, ``mermaid``.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support import needs_data

FENCE = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```[ ]*$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (?P<command>(?:.*\\\n)*.*)$", re.MULTILINE)
EXIT = re.compile(r"\s+# exit (?P<status>\d+)\s*$")
LIKE = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
SHOWN = {"", "bash", "csv", "ini", "json", "make", "mermaid", "sh", "text", "toml", "yaml"}


@dataclass(frozen=True)
class Block:
    """One fence: its language, its words ``key=value``, its text and the line on which the text begins."""

    language: str
    words: dict[str, str]
    body: str
    line: int


@dataclass
class Page:
    """A page being run; ``faults`` gathers what did not come out as shown."""

    path: Path
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__page__"})
    faults: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Run every block in the present folder."""
        for block in blocks(self.path.read_text(encoding="utf-8")):
            if "needs" in block.words:
                needs_data(*block.words["needs"].split("/"))
            if "file" in block.words:
                target = Path(block.words["file"])
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(block.body, encoding="utf-8")
            elif block.language == "python":
                self.python(block)
            elif block.language == "console":
                self.console(block)

    def python(self, block: Block) -> None:
        """Run Python: examples with ``>>>`` are compared with what they show."""
        if ">>>" not in block.body:
            source = "\n" * (block.line - 1) + block.body
            exec(compile(source, str(self.path), "exec", dont_inherit=True), self.names)  # noqa: S102 - pages are ours
            return
        parsed = doctest.DocTestParser().get_doctest(
            block.body, self.names, self.path.name, str(self.path), block.line - 1
        )
        parsed.globs = self.names
        report = io.StringIO()
        doctest.DocTestRunner(optionflags=LIKE).run(parsed, out=report.write, clear_globs=False)
        if report.getvalue():
            self.faults.append(report.getvalue())

    def console(self, block: Block) -> None:
        """Run commands and compare what they print with what is shown."""
        found = list(COMMAND.finditer(block.body))
        if not found:
            self.faults.append(f"{self.path.name}:{block.line}: no command after $; what is only shown is a block `sh`")
            return
        ends = [*(match.start() for match in found[1:]), len(block.body)]
        for match, end in zip(found, ends, strict=True):
            wanted = block.body[match.end() : end].strip("\n")
            line = block.line + block.body[: match.start()].count("\n")
            self.command(match["command"].replace("\\\n", " "), wanted, line)

    def command(self, text: str, wanted: str, line: int) -> None:
        """Run one command; note a wrong exit status, or output that is not as shown."""
        said = EXIT.search(text)
        status, printed = execute(EXIT.sub("", text))
        if status != (int(said["status"]) if said else 0):
            self.faults.append(f"{self.path.name}:{line}: $ {text}\nexit status {status}\n{printed}")
        elif wanted and not alike(wanted, printed):
            self.faults.append(f"{self.path.name}:{line}: $ {text}\nshown:\n{wanted}\nprinted:\n{printed}")


def alike(wanted: str, printed: str) -> bool:
    """Whether output is as shown: ``...`` stands for anything, and how much white space there is does not matter."""
    parts = [r"\s+".join(re.escape(word) for word in part.split()) for part in wanted.split("...")]
    return re.fullmatch(r"\s*" + ".*?".join(parts) + r"\s*", printed, flags=re.DOTALL) is not None


def blocks(text: str) -> Iterator[Block]:
    """The fences of a page, in order."""
    for match in FENCE.finditer(text):
        language, *words = match["info"].split() or [""]
        line = text[: match.start()].count("\n") + 2
        yield Block(language, dict(word.partition("=")[::2] for word in words), match["body"], line)


def execute(command: str) -> tuple[int, str]:
    """Exit status and output of a command. ``twin`` runs in this process, which saves its start-up; all else in a shell."""
    if not command.startswith("twin "):
        folder = str(Path(sys.executable).parent)
        environment = {**os.environ, "PATH": folder + os.pathsep + os.environ["PATH"]}
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, env=environment)
        return done.returncode, done.stdout + done.stderr
    from twin.cli import app, guarded

    command, _, target = command.partition(" > ")
    printed, answer = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(answer if target else printed), contextlib.redirect_stderr(printed):
        status = guarded(lambda: app(shlex.split(command)[1:], prog_name="twin", standalone_mode=False))
    if target:
        Path(target).write_text(answer.getvalue(), encoding="utf-8")
    return status, printed.getvalue()
