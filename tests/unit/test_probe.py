# SPDX-License-Identifier: Apache-2.0
"""A Python describes itself, and what keeps it from being embedded, before it is loaded."""

import ast
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import pyflink_ml_embedded
from pyflink_ml_embedded._runtime import probe as probe_module

SCRIPT = Path(probe_module.__file__).read_text()
CHECKOUT = Path(__file__).parents[2]


def probe(*options, executable=sys.executable, cwd="/", **environment):
    """Runs the probe as Java does."""
    result = subprocess.run(
        [executable, "-c", SCRIPT, *options],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
        cwd=cwd,
        env={**os.environ, **environment},
    )
    return json.loads(result.stdout.splitlines()[-1])


def check_build(**environment):
    """Runs the probe as ``make check`` does."""
    return subprocess.run(
        [sys.executable, probe_module.__file__, "--build"],
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment},
    )


def messages(problems):
    """Returns the problems as Java prints them."""
    return [f"{problem['text']}. {problem['remedy']}" for problem in problems]


def test_probe_describes_this_python():
    """Java's checks and the boot rest on it."""
    found = probe(PYTHONPATH=str(Path(pyflink_ml_embedded.__file__).parents[1]))
    assert found["version"] == list(sys.version_info[:3])
    assert found["executable"] == sys.executable
    assert found["prefix"] == sys.prefix
    assert found["base_prefix"] == sys.base_prefix
    assert found["package"] == pyflink_ml_embedded.__version__
    assert os.path.samefile(found["package_path"], os.path.dirname(pyflink_ml_embedded.__file__))
    assert found["pemja"]
    assert os.path.isfile(found["libpython"])
    assert set(found["site_packages"]) <= set(sys.path)
    assert found["problems"] == []


@pytest.mark.parametrize(
    ("environment", "utf8_mode", "ctype"),
    [
        ({"LC_ALL": "C"}, 1, None),
        ({"LC_ALL": "", "LANG": ""}, 1, "C.UTF-8"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0"}, 0, None),
    ],
)
def test_probe_reports_what_the_executable_makes_of_the_locale(environment, utf8_mode, ctype):
    """The embedded Python can only be started in the same way."""
    found = probe(**environment)
    assert found["settings"]["sys.flags.utf8_mode"] == utf8_mode
    assert found["environment"].get("LC_CTYPE") == ctype
    assert found["environment"].get("PYTHONUTF8") == environment.get("PYTHONUTF8")


def test_probe_reports_how_its_environment_differs_from_that_of_the_jvm():
    """A script around the executable may set any variable, and libraries read many."""
    script = [sys.executable, "-c", "import time; time.sleep(300)"]
    parent = {**os.environ, "KEPT": "same", "CHANGED": "old", "PYTHONHASHSEED": "1", "OTHER": "2"}
    with subprocess.Popen(script, env=parent) as process:
        try:
            found = probe(
                "--parent", str(process.pid), KEPT="same", CHANGED="new", ADDED="é", PWD="/x"
            )
        finally:
            process.kill()
    environment = found["environment"]
    assert (environment["CHANGED"], environment["ADDED"]) == ("new", "é")
    assert environment["PYTHONHASHSEED"] is None
    assert not environment.keys() & {"KEPT", "OTHER", "PWD", "PATH"}


def test_library_for_the_start_is_beside_the_package():
    """Java loads it before it loads libpython."""
    found = probe()
    assert os.path.isfile(found["start_library"])
    assert os.path.samefile(os.path.dirname(found["start_library"]), found["package_path"])


def test_last_line_is_json_whatever_is_printed_before(tmp_path):
    """A sitecustomize may print."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.stdout.write('no newline')")
    assert probe(PYTHONPATH=str(tmp_path))["prefix"] == sys.prefix


def test_working_directory_is_not_searched():
    """The JVM may have been started in a checkout of the project."""
    # Here the package may be installed as well, in the way of an editable install.
    assert probe(cwd=CHECKOUT) == probe()


def test_virtual_environment_without_packages_is_refused_with_the_commands(tmp_path):
    """This is the most frequent mistake, and all that is missing is named at once."""
    venv.create(tmp_path / "venv", symlinks=True)
    python = str(tmp_path / "venv/bin/python")
    found = probe("--package", "1.2.3", "--flink", "2.2", executable=python, PYTHONPATH="")
    assert found["prefix"] == str(tmp_path / "venv")
    assert found["base_prefix"] == sys.base_prefix
    assert found["package"] is found["package_path"] is found["pemja"] is None
    assert found["start_library"] is None
    assert [Path(path).name for path in found["site_packages"]] == ["site-packages"]
    assert messages(found["problems"]) == [
        f"PemJa is missing. Run: {python} -m pip install 'apache-flink==2.2.*'",
        "The package pyflink-ml-embedded is missing."
        f" Run: {python} -m pip install 'pyflink-ml-embedded==1.2.3'",
    ]


def test_package_of_another_version_than_the_jar_is_refused():
    """Jar and package share a memory layout."""
    version = pyflink_ml_embedded.__version__
    assert probe("--package", version)["problems"] == []
    (problem,) = probe("--package", "9.9.9")["problems"]
    assert problem["text"].endswith(f"has version {version}, and the provider's jar 9.9.9")
    assert problem["remedy"].endswith("pip install 'pyflink-ml-embedded==9.9.9'")


def test_static_build_is_refused_with_the_remedy(tmp_path):
    """CPython is embedded by loading libpython."""
    (tmp_path / "find_libpython.py").write_text("def find_libpython():\n    return None\n")
    (message,) = messages(probe(PYTHONPATH=str(tmp_path))["problems"])
    assert message.startswith("Python has no shared libpython (a static build). Install ")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    assert message.endswith(f"PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install {version}")


@pytest.mark.parametrize("version", [(3, 9), (3, 13)])
def test_unsupported_version_is_the_only_problem(tmp_path, version):
    """What to install for a Python that cannot be used would mislead."""
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nsys.version_info = (*{version}, *sys.version_info[2:])\n"
    )
    found = probe(PYTHONPATH=str(tmp_path))
    assert messages(found["problems"]) == [
        f"CPython 3.{version[1]} is not supported. Use CPython 3.10, 3.11 or 3.12."
    ]


def test_python_that_builds_the_extension_passes_the_build_check():
    """``make check`` asks for the headers and venv besides."""
    result = check_build()
    assert (result.returncode, result.stdout) == (0, "")


def test_missing_headers_are_a_problem_for_a_build(tmp_path):
    """The compiler would only say that a file does not exist."""
    (tmp_path / "sitecustomize.py").write_text(
        "import sysconfig\nsysconfig.get_path = lambda name: '/nowhere'\n"
    )
    result = check_build(PYTHONPATH=str(tmp_path))
    assert result.returncode == 1
    assert result.stdout.startswith("Python.h is missing. Install python3.")


def test_version_of_a_checkout_is_that_of_its_pyproject(tmp_path):
    """Built in place it has no metadata, and that of an editable install may be outdated."""
    package = tmp_path / "pyflink_ml_embedded"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('the probe must not import it')")
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\nname = "pyflink-ml-embedded"\nversion = "9.8.7"\n')
    found = probe(PYTHONPATH=str(tmp_path))
    assert (found["package"], found["package_path"]) == ("9.8.7", str(package))
    project.write_text('[project]\nname = "another"\nversion = "1.0"\n')
    assert probe(PYTHONPATH=str(tmp_path))["package"] != "1.0"


@pytest.mark.parametrize(
    "change",
    [
        lambda site: (site / "another_package").mkdir(),
        lambda site: (site / "sitecustomize.py").write_text("import warnings  # edited"),
        lambda site: (site / "first.pth").write_text("import json\n"),
        lambda site: (site.parents[2] / "pyvenv.cfg").open("a").write("# edited\n"),
    ],
    ids=["package", "sitecustomize", "pth", "pyvenv"],
)
def test_change_of_the_environment_changes_a_stamp(tmp_path, change):
    """Java reuses a description while all stamps stay the same."""
    venv.create(tmp_path / "venv", symlinks=True)
    python = str(tmp_path / "venv/bin/python")
    (site_packages,) = (tmp_path / "venv").glob("lib/*/site-packages")
    (site_packages / "sitecustomize.py").touch()
    (site_packages / "first.pth").touch()
    before = probe(executable=python, PYTHONPATH="")["files"]
    assert before == probe(executable=python, PYTHONPATH="")["files"]
    change(site_packages)
    assert before != probe(executable=python, PYTHONPATH="")["files"]


def test_description_fits_into_a_pipe_whatever_is_loaded(tmp_path):
    """Java reads it after the process has ended."""
    names = [f"module{number}" for number in range(1000)]
    for name in names:
        (tmp_path / f"{name}.py").touch()
    (tmp_path / "sitecustomize.py").write_text(f"import {', '.join(names)}")
    found = probe(PYTHONPATH=str(tmp_path))
    assert found["files"] == {}
    assert found["problems"] == []


def test_script_keeps_to_the_syntax_of_python_3_6():
    """An old Python must get an answer and not a SyntaxError."""
    ast.parse(SCRIPT, feature_version=(3, 6))
