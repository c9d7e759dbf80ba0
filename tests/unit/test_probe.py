"""What a Python says of itself before it is started in a JVM."""

import ast
import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pyflink_ml_embedded
from pyflink_ml_embedded._runtime import probe as probe_module

SCRIPT = Path(probe_module.__file__).read_text()
CHECKOUT = Path(__file__).parents[2]


def probe(executable=sys.executable, cwd="/", **environment):
    """Runs the probe as Java does."""
    result = subprocess.run(
        [executable, "-c", SCRIPT],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
        env={**os.environ, **environment},
    )
    return json.loads(result.stdout.splitlines()[-1])


def test_probe_describes_this_python():
    """Java's checks and the boot rest on it."""
    found = probe(PYTHONPATH=str(CHECKOUT))
    assert found["version"] == list(sys.version_info[:3])
    assert found["executable"] == sys.executable
    assert found["prefix"] == sys.prefix
    assert found["base_prefix"] == sys.base_prefix
    assert found["package"] == pyflink_ml_embedded.__version__
    assert os.path.samefile(found["package_path"], os.path.dirname(pyflink_ml_embedded.__file__))
    assert found["pemja"]
    assert os.path.isfile(found["libpython"])
    assert set(found["site_packages"]) <= set(sys.path)


def test_last_line_is_json_whatever_is_printed_before(tmp_path):
    """A sitecustomize may print."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.stdout.write('no newline')")
    assert probe(PYTHONPATH=str(tmp_path))["prefix"] == sys.prefix


def test_working_directory_is_not_searched():
    """The JVM may have been started in a checkout of the project."""
    # Here the package may be installed as well, in the way of an editable install.
    assert probe(cwd=CHECKOUT) == probe()


def test_virtual_environment_without_our_package_is_described(tmp_path):
    """The most frequent mistake; Java says what to install."""
    venv.create(tmp_path / "venv", symlinks=True)
    found = probe(str(tmp_path / "venv/bin/python"))
    assert found["prefix"] == str(tmp_path / "venv")
    assert found["base_prefix"] == sys.base_prefix
    assert found["package"] is found["package_path"] is found["pemja"] is None
    assert [Path(path).name for path in found["site_packages"]] == ["site-packages"]


def test_version_of_a_checkout_is_that_of_its_pyproject(tmp_path):
    """Built in place it has no metadata, and those of an editable install may be old."""
    package = tmp_path / "pyflink_ml_embedded"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('the probe must not import it')")
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\nname = "pyflink-ml-embedded"\nversion = "9.8.7"\n')
    found = probe(PYTHONPATH=str(tmp_path))
    assert (found["package"], found["package_path"]) == ("9.8.7", str(package))
    project.write_text('[project]\nname = "another"\nversion = "1.0"\n')
    assert probe(PYTHONPATH=str(tmp_path))["package"] != "1.0"


def test_script_keeps_to_the_syntax_of_python_3_6():
    """An old Python must be told its version, not a SyntaxError."""
    ast.parse(SCRIPT, feature_version=(3, 6))
