# SPDX-License-Identifier: Apache-2.0
"""Python interpreters of all kinds that a job can select."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pyflink_ml_embedded
from pyflink_ml_embedded import __version__

from .sql import Result, create_model, create_values, run_sql

_DOUBLED = ["+I[2.0]", "+I[4.0]", "+I[6.0]"]
_QUERY = "SELECT y FROM ML_PREDICT(TABLE numbers, MODEL {}, DESCRIPTOR(x))"

_CUSTOMIZATION = {
    "sitecustomize.py": "import warnings; warnings.simplefilter('always', ImportWarning)\n"
}


@pytest.fixture(scope="module")
def pythons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Executables in the order in which jobs select them; all but 'good' are refused."""
    directory = tmp_path_factory.mktemp("pythons")
    broken = directory / "broken"
    broken.write_text("#!/bin/sh\necho 'Fatal Python error: init_fs_encoding' >&2\nexit 1\n")
    broken.chmod(0o755)
    without_library = {"find_libpython.py": "def find_libpython():\n    return None\n"}
    other_version = {
        "pyflink_ml_embedded/__init__.py": "",
        "pyflink_ml_embedded-0.0.1.dist-info/METADATA": (
            "Metadata-Version: 2.1\nName: pyflink-ml-embedded\nVersion: 0.0.1\n"
        ),
    }
    return {
        "broken": broken,
        "bare": _make_venv(directory / "bare"),
        "without_library": _make_venv(
            directory / "without_library", _package_directories(), without_library
        ),
        "other_version": _make_venv(
            directory / "other_version", _package_directories(), other_version
        ),
        "good": Path(sys.executable),
        "late": _make_venv(directory / "late", _package_directories()),
    }


@pytest.fixture(scope="module")
def results(pythons: dict[str, Path]) -> dict[str, Result]:
    """The result of a job with each executable, all in one JVM."""
    statements = [create_values()]
    for name, python in pythons.items():
        statements += [_create_doubler(name, {"python.executable": str(python)})]
        statements += [_QUERY.format(name)]
    return dict(zip(pythons, run_sql(*statements)[2::2], strict=True))


def test_venv_is_the_python_of_the_models(tmp_path: Path) -> None:
    """A model finds the packages of its venv in the same order as the venv's Python does."""
    python = _make_venv(tmp_path / "venv", _package_directories())
    report = "import sys; print(sys.executable, sys.prefix, *sys.path[1:], sep='\\n')"
    own = subprocess.run([python, "-c", report], capture_output=True, text=True, check=True)

    outputs = "executable STRING, prefix STRING, path STRING"
    result = run_sql(
        create_values(),
        create_model("reporter", "x DOUBLE", outputs, "interpreter.Interpreter"),
        "SELECT executable, prefix, path"
        " FROM ML_PREDICT(TABLE numbers, MODEL reporter, DESCRIPTOR(x)) WHERE x = 1",
        python=python,
    )[-1]

    executable, prefix, *path = own.stdout.splitlines()
    assert result.rows == [f"+I[{executable}, {prefix}, " + "\n".join(path) + "]"], result.failure


@pytest.fixture(scope="module")
def customized(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The executable of a venv with a sitecustomize."""
    venv = tmp_path_factory.mktemp("customized") / "venv"
    return _make_venv(venv, _package_directories(), _CUSTOMIZATION)


@pytest.mark.parametrize(
    "variables",
    [
        {"LANG": None},
        {"LC_ALL": "C"},
        {"LC_ALL": "C.UTF-8"},
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {"PYTHONUTF8": "1", "PYTHONWARNINGS": "error::UserWarning", "PYTHONOPTIMIZE": "1"},
    ],
    ids=lambda variables: "-".join(f"{name}={value}" for name, value in variables.items()),
)
def test_settings_are_those_of_the_executable(
    variables: dict[str, str | None], customized: Path
) -> None:
    """Otherwise open() of a UTF-8 file fails where LANG is not set, as in many containers."""
    env = {key: value for key, value in {**os.environ, **variables}.items() if value is not None}
    report = (
        "import json, os, sys; sys.path[:] = [path for path in sys.path if path];"
        " from pyflink_ml_embedded._runtime.probe import environment, settings;"
        " print(json.dumps({**settings(), **environment(), 'sys.path': sys.path,"
        " 'FOR_TEST': os.environ.get('FOR_TEST')}))"
    )
    own = subprocess.run(
        [customized, "-c", report], env=env, capture_output=True, text=True, check=True
    )

    result = run_sql(
        create_values(),
        create_model("reporter", "x DOUBLE", "settings STRING", "interpreter.Settings"),
        "SELECT settings FROM ML_PREDICT(TABLE numbers, MODEL reporter, DESCRIPTOR(x)) WHERE x = 1",
        python=customized,
        env=env,
    )[-1]

    assert result.rows is not None, result.failure
    embedded, expected = json.loads(result.rows[0][3:-1]), json.loads(own.stdout)
    assert embedded == expected


def test_settings_are_those_of_a_script_around_the_executable(tmp_path: Path) -> None:
    """Such scripts are common in images."""
    script = tmp_path / "python"
    script.write_text(
        "#!/bin/sh\nexport PYTHONPATH=/added FOR_TEST=é\nunset PYTHONOPTIMIZE\n"
        f'{sys.executable} -X utf8 "$@"\n'
    )
    script.chmod(0o755)

    result = run_sql(
        create_values(),
        create_model("reporter", "x DOUBLE", "settings STRING", "interpreter.Settings"),
        "SELECT settings FROM ML_PREDICT(TABLE numbers, MODEL reporter, DESCRIPTOR(x)) WHERE x = 1",
        python=script,
        env={**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONOPTIMIZE": "2"},
    )[-1]

    assert result.rows is not None, result.failure
    embedded = json.loads(result.rows[0][3:-1])
    assert embedded["sys.flags.utf8_mode"] == 1
    assert embedded["PYTHONPATH"] == "/added"
    assert "/added" in embedded["sys.path"]
    assert embedded["FOR_TEST"] == "é"
    assert embedded["sys.flags.optimize"] == 0
    assert "PYTHONOPTIMIZE" not in embedded


def test_plain_interpreter_runs() -> None:
    """Containers often use no venv."""
    paths = os.pathsep.join(_package_directories())

    result = _run_doubler(sys._base_executable, {**os.environ, "PYTHONPATH": paths})

    assert result.rows == _DOUBLED, result.failure


def test_path_without_python_runs() -> None:
    """PemJa by itself uses the standard library of the first python3 on the PATH."""
    result = _run_doubler(sys.executable, {**os.environ, "PATH": "/nowhere"})

    assert result.rows == _DOUBLED, result.failure


def test_interpreter_that_fails_is_refused(results: dict[str, Result]) -> None:
    """The probe reports an error that would kill the JVM."""
    _assert_fails(results["broken"], "exit code 1", "Fatal Python error: init_fs_encoding")


def test_interpreter_without_the_package_is_refused(
    results: dict[str, Result], pythons: dict[str, Path]
) -> None:
    """A host may lack the package although the cluster has the jar."""
    _assert_fails(
        results["bare"],
        "The package pyflink-ml-embedded is missing",
        f"{pythons['bare']} -m pip install 'pyflink-ml-embedded=={__version__}'",
    )


def test_interpreter_without_libpython_is_refused(results: dict[str, Result]) -> None:
    """A static Python cannot be embedded."""
    _assert_fails(results["without_library"], "no shared libpython", "--enable-shared")


def test_interpreter_with_another_version_of_the_package_is_refused(
    results: dict[str, Result], pythons: dict[str, Path]
) -> None:
    """Jar and package share a memory layout, which two versions would corrupt."""
    _assert_fails(
        results["other_version"],
        f"has version 0.0.1, and the provider's jar {__version__}",
        f"{pythons['other_version']} -m pip install 'pyflink-ml-embedded=={__version__}'",
    )


def test_good_interpreter_runs_after_others_were_refused(results: dict[str, Result]) -> None:
    """A refusal loads no library into the JVM."""
    assert results["good"].rows == _DOUBLED, results["good"].failure


def test_second_interpreter_in_one_jvm_is_refused(
    results: dict[str, Result], pythons: dict[str, Path]
) -> None:
    """PemJa would silently keep using the first one and its packages."""
    _assert_fails(
        results["late"],
        f"asks for the Python '{pythons['late']}'",
        f"this JVM runs '{pythons['good']}'",
    )


def _make_venv(
    venv: Path, packages: list[str] | None = None, files: dict[str, str] | None = None
) -> Path:
    """Creates a venv without pip, with these directories and files; returns its executable."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    (site_packages,) = venv.glob("lib/python*/site-packages")
    (site_packages / "of_the_tests.pth").write_text("\n".join(packages or []))
    for path, text in (files or {}).items():
        file = site_packages / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return venv / "bin" / "python"


def _package_directories() -> list[str]:
    """Returns the package directories of this Python and the parent of the tested package."""
    installed = [path for path in sys.path if path.endswith("-packages")]
    tested = str(Path(pyflink_ml_embedded.__file__).parents[1])
    return list(dict.fromkeys([*installed, tested]))


def _run_doubler(python: str, env: dict[str, str]) -> Result:
    statements = [create_values(), _create_doubler("doubler"), _QUERY.format("doubler")]
    return run_sql(*statements, python=python, env=env)[-1]


def _create_doubler(name: str, options: dict[str, str] | None = None) -> str:
    all_options = {"properties.import-in": "predict", **(options or {})}
    return create_model(name, "x DOUBLE", "y DOUBLE", "libraries.Numpy", all_options)


def _assert_fails(result: Result, *texts: str) -> None:
    assert result.failure is not None
    for text in texts:
        assert text in result.failure
