# SPDX-License-Identifier: Apache-2.0
"""The CPython of the JVM becomes the Python that the job asks for.

PemJa starts CPython with the base prefix, so the base interpreter of this environment, run without
site-packages, stands in for it. Only the calls to the JVM are replaced.
"""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

import pyflink_ml_embedded
from pyflink_ml_embedded._runtime import probe as probe_module

PACKAGE_PARENT = str(Path(pyflink_ml_embedded.__file__).parents[1])
BASE_PYTHON = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")

AS_PEMJA = f"""
import io, json, sys
sys.path[:0] = ["", "/anywhere/site-packages/pemja", {PACKAGE_PARENT!r}]

class Catcher:
    def write(self, text): pass
    def flush(self): pass

sys.stdout = sys.stderr = Catcher()
from pyflink_ml_embedded import _native
from pyflink_ml_embedded._runtime import boot as boot_module
sys.path.remove({PACKAGE_PARENT!r})
bound = []
_native.bind = lambda: bound.append(1)
_native.log_levels = lambda names: [20] * len(names)
_native.log = lambda *call: None

def boot(**changes):
    boot_module.boot(json.dumps({{**PROBE, **changes}}))

def show(value):
    print(json.dumps(value), file=sys.__stdout__)
"""


@pytest.fixture(scope="module")
def probe():
    """Returns what the probe says of this Python."""
    result = subprocess.run(
        [sys.executable, "-c", Path(probe_module.__file__).read_text()],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
        cwd="/",
        env={**os.environ, "PYTHONPATH": PACKAGE_PARENT},
    )
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture
def run(probe):
    """Returns a function that runs code in a CPython as PemJa starts it."""

    def run(code, probe=probe):
        environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        result = subprocess.run(
            [BASE_PYTHON, "-c", f"PROBE = {probe!r}\n{AS_PEMJA}\n{code}"],
            check=False,
            capture_output=True,
            text=True,
            timeout=300,
            env=environment,
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1])

    return run


def test_paths_and_executable_are_those_of_the_virtual_environment(run, probe):
    """Libraries start subprocesses by sys.executable and look below sys.prefix."""
    found = run(
        "boot()\nimport multiprocessing.spawn, os, site\n"
        "show([sys.executable, os.fsdecode(multiprocessing.spawn.get_executable()),"
        " sys.prefix, sys.exec_prefix, site.getsitepackages(), sys.argv])"
    )
    executable, prefix = probe["executable"], probe["prefix"]
    assert found == [executable, executable, prefix, prefix, probe["site_packages"], [""]]


def test_search_path_is_that_of_the_executable(run, probe):
    """Otherwise the job would use other versions of libraries than the user's tests."""
    path = run("boot()\nshow(sys.path)")
    plain = subprocess.run(
        [sys.executable, "-c", "import json, sys; print(json.dumps(sys.path))"],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
        cwd="/",
        env={**os.environ, "PYTHONPATH": PACKAGE_PARENT},
    )
    assert path == [entry for entry in json.loads(plain.stdout) if entry]


def test_paths_of_sysconfig_are_those_of_the_virtual_environment(run, probe):
    """Libraries look for headers and scripts there; a .pth file may have imported it before."""
    found = run("import sysconfig; sysconfig.get_paths()\nboot()\nshow(sysconfig.get_paths())")
    assert found == probe["settings"]["sysconfig.get_paths()"]


def test_sitecustomize_of_the_virtual_environment_runs(run, probe, tmp_path):
    """The executable imports it; the base interpreter does not see it."""
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.ran = True\n")
    changed = {**probe, "path": [*probe["path"], str(tmp_path)]}
    assert run("boot()\nshow(sys.ran)", changed) is True


def test_signal_handlers_of_sitecustomize_are_removed(run, probe, tmp_path):
    """Tools for crash reports install them when Python starts, long before a model is opened."""
    (tmp_path / "sitecustomize.py").write_text(
        "import signal; signal.signal(signal.SIGSEGV, lambda *_: None)\n"
    )
    changed = {**probe, "path": [*probe["path"], str(tmp_path)]}
    records, left = run(
        "records = []\n_native.log = lambda *call: records.append(call)\nboot()\n"
        "show([records, _native.restore_signals()])",
        changed,
    )
    assert any("such as sitecustomize or a .pth file, has blocked" in text for *_, text in records)
    assert left == []


def test_path_that_only_the_executable_has_is_searched(run, probe, tmp_path):
    """A script around the executable may set PYTHONPATH."""
    (tmp_path / "of_the_script.py").touch()
    changed = {**probe, "path": [*probe["path"], str(tmp_path)]}
    assert run("boot()\nimport of_the_script\nshow(of_the_script.__file__)", changed) == str(
        tmp_path / "of_the_script.py"
    )


def test_setting_that_differs_is_logged(run, probe):
    """PyFlink's thread mode starts Python in another way."""
    settings = {**probe["settings"], "sys.flags.utf8_mode": 7}
    records = run(
        "records = []\n_native.log = lambda *call: records.append(call)\nboot()\nshow(records)",
        {**probe, "settings": settings},
    )
    (text,) = (text for _, _, text in records if "sys.flags.utf8_mode" in text)
    assert text.startswith(f"Python in this JVM differs from '{probe['executable']}': ")
    assert text.endswith(" and not 7")


def test_variables_of_a_script_around_the_executable_are_set(run, probe):
    """Libraries read them, and so do the processes that a model starts."""
    found = run(
        "import os\nos.environ['PYTHONREMOVED'] = '1'\nboot()\n"
        "show([os.environ['OMP_NUM_THREADS'], 'PYTHONREMOVED' in os.environ])",
        {**probe, "environment": {"OMP_NUM_THREADS": "1", "PYTHONREMOVED": None}},
    )
    assert found == ["1", False]


def test_numbers_have_the_format_of_the_executable(run):
    """The JVM sets all categories of the locale from the environment, Python only LC_CTYPE."""
    found = run(
        "import locale\nlocale.setlocale(locale.LC_NUMERIC, 'C.UTF-8')\nboot()\n"
        "show(locale.setlocale(locale.LC_NUMERIC))"
    )
    assert found == "C"


def test_installed_packages_can_be_imported(run):
    """numpy is missing in the base installation."""
    assert run("boot()\nimport numpy\nshow(numpy.add(1, 2).item())") == 3


def test_path_files_of_site_packages_are_followed(run, probe, tmp_path):
    """Editable installs use them."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/editable.pth").write_text(f"{tmp_path}/source\nimport sys; sys.ran = 1\n")
    (tmp_path / "source").mkdir()
    changed = {**probe, "site_packages": [*probe["site_packages"], str(tmp_path / "site")]}
    path, ran = run("boot()\nshow([sys.path, sys.ran])", changed)
    assert str(tmp_path / "source") in path
    assert ran == 1


def test_streams_are_files_again(run):
    """Libraries ask for fileno, isatty and encoding; lines are written at once."""
    found = run(
        "boot()\n"
        "show([(s.fileno(), s.encoding, s.errors, s.line_buffering, s.isatty())"
        " for s in (sys.stdout, sys.stderr)])"
    )
    assert found == [
        [1, "utf-8", "backslashreplace", True, False],
        [2, "utf-8", "backslashreplace", True, False],
    ]


def test_natives_are_bound_and_logging_is_set_up_for_each_job(run):
    """Each job has its own class loader."""
    found = run(
        "boot()\nboot()\nimport logging\n"
        "show([len(bound), [type(h).__name__ for h in logging.root.handlers], logging.root.level])"
    )
    assert found == [2, ["Slf4jHandler"], 20]


def test_second_boot_changes_nothing_but_the_binding(run):
    """Running code may have changed the search path."""
    found = run(
        "boot()\nsys.path.append('/added')\nbefore = sys.path[:]\nboot()\nshow([before, sys.path])"
    )
    assert found[0] == found[1]


def test_other_python_is_refused_once_one_runs(run, tmp_path, probe):
    """A second job would silently get the libraries of the first."""
    venv.create(tmp_path / "other", symlinks=True)
    message, bound = run(
        "boot()\n"
        f"try:\n    boot(prefix={str(tmp_path)!r}, executable='/other/bin/python')\n"
        "except Exception as error:\n    show([str(error), len(bound)])"
    )
    assert message == (
        "this job asks for the Python '/other/bin/python', but this JVM runs "
        f"'{probe['executable']}', and a JVM can run one Python only: use one 'python.executable' "
        "for all jobs of a cluster, set 'execution-mode' to 'process' for this model, or use "
        "separate clusters"
    )
    assert bound == 1


@pytest.mark.parametrize("changes", [{"version": [3, 99, 0]}, {"base_prefix": "/usr/share"}])
def test_python_of_another_starter_is_refused(run, changes):
    """PyFlink's thread mode starts the first python3 on the PATH."""
    message = run(
        f"try:\n    boot(**{changes!r})\nexcept Exception as error:\n    show(str(error))"
    )
    version = ".".join(map(str, sys.version_info[:3]))
    assert f"but this JVM runs Python {version} of '{sys.base_prefix}'" in message
