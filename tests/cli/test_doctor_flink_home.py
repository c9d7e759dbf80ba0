# SPDX-License-Identifier: Apache-2.0
"""``pyflink-ml-embedded doctor --flink-home``; tests/cluster has the tests of ``--rest``."""

import json
import re
import shutil
import sys
import venv
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

from pyflink_ml_embedded._cli.examine.class_path import examine_class_path
from pyflink_ml_embedded._cli.examine.cluster import examine_cluster
from pyflink_ml_embedded._cli.examine.executable import examine_executable
from pyflink_ml_embedded._cli.examine.extras import EXTRAS
from pyflink_ml_embedded._cli.examine.finding import Finding
from pyflink_ml_embedded._cli.examine.flink_config import (
    examine_class_loaders,
    java_options,
    read_config,
)
from pyflink_ml_embedded._cli.examine.flink_home import examine_flink_home
from pyflink_ml_embedded._cli.examine.java import examine_opens
from pyflink_ml_embedded._cli.examine.jvm_process import JvmProcess, examine_process, process_of_log
from pyflink_ml_embedded.cli import main
from pyflink_ml_embedded.table import provider_jar

_ROOT = Path(__file__).parents[2]
_FLINK = Path(find_spec("pyflink").origin).parent
_FLINK_VERSION = version("apache-flink")
_PROVIDER = provider_jar().name
_FLINK_PYTHON = f"flink-python-{_FLINK_VERSION}.jar"
_PEMJA = {"META-INF/NOTICE": f"- com.alibaba:pemja:{version('pemja')}\n"}
_PEMJA_CLASS = {"pemja/core/PythonInterpreter.class": ""}


def _jar(path: Path, flink: str = _FLINK_VERSION, members: Mapping[str, str] = {}) -> Path:
    path.parent.mkdir(exist_ok=True, parents=True)
    path.unlink(missing_ok=True)
    with ZipFile(path, "w") as file:
        file.writestr("META-INF/MANIFEST.MF", f"Implementation-Version: {flink}\n")
        for name, text in members.items():
            file.writestr(name, text)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A Flink that is set up, with as much of its jars as the command reads."""
    lib = tmp_path / "lib"
    _jar(lib / f"flink-dist-{_FLINK_VERSION}.jar")
    _jar(lib / _FLINK_PYTHON, members=_PEMJA)
    shutil.copy(provider_jar(), lib)
    shutil.copytree(_FLINK / "conf", tmp_path / "conf")
    return tmp_path


def _problems(findings: object) -> list[Finding]:
    return [finding for finding in findings if finding.mark == "PROBLEM"]


def _class_path_problems(home: Path) -> list[Finding]:
    jars = sorted((home / "lib").glob("*.jar"))
    return _problems(examine_class_path(jars, _FLINK_VERSION, str(home)))


def test_flink_that_was_only_unpacked_lacks_the_jars(capfd: pytest.CaptureFixture[str]) -> None:
    """That of apache-flink is a real one; the remedy is a command to copy."""
    assert main(["doctor", "--flink-home", str(_FLINK), "--json"]) == 1
    report = json.loads(capfd.readouterr().out)
    assert report["ok"] is False
    found = {
        each["subject"]: each for each in report["findings"] if each["part"] == f"Flink in {_FLINK}"
    }
    marks = {subject: each["mark"] for subject, each in found.items()}
    assert marks.pop("executable") in ("ok", "PROBLEM")  # that of the PATH
    assert marks == {
        "Flink": "ok",
        "client": "ok",
        "provider jar": "PROBLEM",
        "flink-python": "PROBLEM",
        "plugins": "ok",
        "class loaders": "PROBLEM",
        "Java": "ok",
        "module opens": "ok",
        "stack": "ok",
    }
    assert f"install-jars --flink-home {_FLINK}" in found["provider jar"]["remedy"]
    assert "metrics-prometheus" in found["plugins"]["found"]


def test_parts_of_the_report_have_titles(home: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The same subjects occur in several parts."""
    (home / "lib" / _FLINK_PYTHON).unlink()
    assert main(["doctor", "--flink-home", str(home)]) == 1
    report = capfd.readouterr().out
    first, second = report.split(f"\n\nFlink in {home}\n")
    assert first.startswith("This Python\nok       Python ")
    assert "PROBLEM" not in first
    line = re.search(r"^PROBLEM  flink-python +lib/ has no .*\n( +)Run: py", second, re.M)
    assert line is not None
    assert len(line[1]) == line[0].index("lib/")


def test_directory_that_is_not_a_flink_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A typing error in the path is not a fault of a Flink."""
    assert main(["doctor", "--flink-home", str(tmp_path / "nowhere")]) == 1
    assert "nowhere has no directory lib/. Name the" in capfd.readouterr().err


def test_class_path_that_is_set_up_has_no_problems(home: Path) -> None:
    """The other tests break it."""
    assert _class_path_problems(home) == []


@pytest.mark.parametrize(
    ("jar", "flink", "members", "subject", "found", "remedy"),
    [
        pytest.param(
            "pyflink-ml-embedded-0.0.9.jar", "", {},
            "provider jar", "0.0.9.jar and", f"Remove all but {_PROVIDER}", id="two providers",
        ),
        pytest.param(
            _PROVIDER, "", {},
            "provider jar", "is another build than that of this package", "install-jars",
            id="another build",
        ),
        pytest.param(
            "flink-python-2.3.99.jar", "2.3.99", _PEMJA,
            "flink-python", "flink-python-2.3.99.jar have the same", "Remove all but flink-python-",
            id="two flink-pythons",
        ),
        pytest.param(
            _FLINK_PYTHON, "2.3.99", _PEMJA,
            "flink-python", f"is of 2.3.99, and this Flink is {_FLINK_VERSION}", "in its place",
            id="flink-python of another Flink",
        ),
        pytest.param(
            _FLINK_PYTHON, _FLINK_VERSION, {"META-INF/NOTICE": "com.alibaba:pemja:0.4.9"},
            "PemJa", f"0.4.9 in the jar, and {version('pemja')} in", "pip install pemja==0.4.9",
            id="another PemJa",
        ),
        pytest.param(
            "our-jobs.jar", "1.0.0", _PEMJA_CLASS,
            "other jars", "our-jobs.jar has classes of PemJa", "Remove this jar", id="shaded PemJa",
        ),
    ],
)  # fmt: skip
def test_jar_that_does_not_fit_is_a_problem(
    home: Path,
    jar: str,
    flink: str,
    members: dict[str, str],
    subject: str,
    found: str,
    remedy: str,
) -> None:
    """Different versions fail in a job, with messages that name neither."""
    _jar(home / "lib" / jar, flink, members)
    (problem,) = _class_path_problems(home)
    assert problem.subject == subject
    assert found in problem.found
    assert remedy in problem.remedy


def test_provider_of_another_version_is_a_problem(home: Path) -> None:
    """The package refuses the jar when a model opens."""
    (home / "lib" / _PROVIDER).rename(home / "lib" / "pyflink-ml-embedded-0.0.9.jar")
    (problem,) = _class_path_problems(home)
    assert f"0.0.9.jar, and this package is {version('pyflink-ml-embedded')}" in problem.found


def test_damaged_jar_is_a_problem(home: Path) -> None:
    """A copy that was cut short keeps Flink from starting."""
    (home / "lib" / _FLINK_PYTHON).write_bytes(b"PK")
    (problem,) = _class_path_problems(home)
    assert problem.found.endswith(f"{_FLINK_PYTHON} is not a jar: it is damaged")
    assert problem.remedy == "Install it again."


def test_jars_of_another_host_are_compared_by_name(tmp_path: Path) -> None:
    """The class path of a cluster has paths of its hosts."""
    names = [_PROVIDER, "flink-python-2.3.99.jar"]
    jars = [tmp_path / "nowhere" / name for name in names]
    (problem,) = _problems(examine_class_path(jars, _FLINK_VERSION, "DIR"))
    assert f"is of 2.3.99, and this Flink is {_FLINK_VERSION}" in problem.found


@pytest.mark.parametrize(
    ("jar", "members", "subject", "found"),
    [
        ("usrlib/flink-python-2.3.0.jar", {}, "usrlib", "flink-python-2.3.0.jar has classes of P"),
        ("usrlib/jobs.jar", _PEMJA_CLASS, "usrlib", "jobs.jar has classes of PemJa, which only"),
        (f"usrlib/{_PROVIDER}", {}, "usrlib", "has classes of the provider, and so has"),
        (f"plugins/ml/{_PROVIDER}", {}, "plugins", "in which Flink looks for no model provider"),
    ],
)
def test_jar_in_another_directory_is_a_problem(
    home: Path, jar: str, members: dict[str, str], subject: str, found: str
) -> None:
    """Each directory has class loaders of its own."""
    _jar(home / jar, members=members)
    shutil.rmtree(home / "conf")
    problem, config = _problems(examine_flink_home(home))
    assert problem.subject == subject
    assert found in problem.found
    assert config.found == f"{home}/conf/config.yaml does not exist"


@pytest.mark.parametrize(
    ("jar", "flink", "found"),
    [
        ("flink-dist-2.3.99.jar", "2.3.99", "must have one flink-dist-*.jar, and has flink-dist"),
        (f"flink-dist-{_FLINK_VERSION}.jar", "1.20.1", "and this Flink is 1.20.1"),
    ],
)
def test_flink_of_another_version_is_a_problem(
    home: Path, jar: str, flink: str, found: str
) -> None:
    """The client's apache-flink and the cluster must be equal to the patch."""
    _jar(home / "lib" / jar, flink)
    shutil.rmtree(home / "conf")
    assert any(found in problem.found for problem in _problems(examine_flink_home(home)))


def test_config_has_full_names_of_options(home: Path) -> None:
    """Flink takes nested and flat keys, lists and texts."""
    (home / "conf" / "config.yaml").write_text(
        "python.executable: /opt/venv/bin/python\n"
        "env:\n  java:\n    opts:\n      all: -Da=b\n      taskmanager: -Xss16m -Dc='d e'\n"
        "classloader.parent-first-patterns:\n  additional:\n    - pemja.\n    - org.x.\n"
    )
    config = read_config(home / "conf")
    assert config == {
        "python.executable": "/opt/venv/bin/python",
        "env.java.opts.all": "-Da=b",
        "env.java.opts.taskmanager": "-Xss16m -Dc='d e'",
        "classloader.parent-first-patterns.additional": "pemja.;org.x.",
    }
    assert java_options(config) == ["-Da=b", "-Xss16m", "-Dc=d e"]


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("flink-conf.yaml", "a: b", "has flink-conf.yaml, which Flink 2 does not read"),
        (
            "config.yaml",
            "a: secret\na: secret\n",
            "config.yaml, line 2: it is not YAML, or has a key twice",
        ),
        ("config.yaml", "a: [\n", "config.yaml, line 2: "),
        ("config.yaml", "- a\n", "config.yaml: it has no options"),
    ],
)
def test_config_that_flink_does_not_read_is_a_problem(
    home: Path, name: str, text: str, found: str
) -> None:
    """Flink's own message is in the log of a process that did not start."""
    shutil.rmtree(home / "conf")
    (home / "conf").mkdir()
    (home / "conf" / name).write_text(text)
    finding = read_config(home / "conf")
    assert found in finding.found
    assert "secret" not in finding.found
    assert finding.mark == "PROBLEM"


@pytest.mark.parametrize(
    ("config", "provider_in_lib", "mark"),
    [
        ({}, True, "ok"),
        ({}, False, "PROBLEM"),
        ({"classloader.parent-first-patterns.additional": "org.x.; pemja."}, False, "ok"),
        ({"classloader.parent-first-patterns.additional": "pem"}, False, "ok"),
        ({"classloader.parent-first-patterns.additional": "pemja.x"}, False, "PROBLEM"),
        ({"classloader.resolve-order": "parent-first"}, False, "ok"),
    ],
)
def test_class_loaders_find_pemja_in_lib(
    config: dict[str, str], provider_in_lib: bool, mark: str
) -> None:
    """Otherwise the second job of a TaskManager fails."""
    assert examine_class_loaders(config, provider_in_lib).mark == mark


def test_replaced_java_options_are_a_problem(home: Path) -> None:
    """config.yaml of a distribution has options without which Flink does not run on Java 17."""
    with (home / "conf" / "config.yaml").open() as file:
        options = java_options(read_config(Path(file.name).parent))
    assert examine_opens(options, 17).mark == "ok"
    assert examine_opens(["--add-opens", "java.base/java.lang=ALL-UNNAMED"], 17).found == (
        "'env.java.opts.all' has no --add-opens for java.base/java.util, java.base/java.time"
    )
    assert examine_opens([], 11).mark == "ok"


def test_executable_that_cannot_run_models_is_a_problem(home: Path, tmp_path: Path) -> None:
    """It is often the python3 of the host instead of that of the venv."""
    venv.create(tmp_path / "empty", symlinks=True)
    executable = tmp_path / "empty" / "bin" / "python"
    with (home / "conf" / "config.yaml").open("a") as config:
        config.write(f"python.executable: {executable}\nenv.java.opts.taskmanager: -Xss2m\n")
    findings = {finding.subject: finding for finding in examine_flink_home(home)}
    assert findings["executable"].found == f"{executable}: PemJa is missing"
    assert f"{executable} -m pip install 'apache-flink==" in findings["executable"].remedy
    assert findings["stack"].found.startswith("2048 KB for a thread of Flink")


@pytest.mark.parametrize(
    ("configured", "mark", "found"),
    [
        (sys.executable, "ok", f"{sys.executable}, this Python"),
        ("/no/such/python", "PROBLEM", "none of /no/such/python is an executable file of this"),
        ("venv.zip/bin/python", "no", "venv.zip/bin/python is relative, as in an archive of a job"),
    ],
)
def test_executable_is_looked_up_as_flink_does(configured: str, mark: str, found: str) -> None:
    """It may be one of this host, or in an archive that a job brings."""
    finding = examine_executable(configured, _FLINK_VERSION, None)
    assert finding.mark == mark
    assert finding.found.startswith(found)


def test_executable_with_another_pemja_than_the_jar_is_a_problem(tmp_path: Path) -> None:
    """They fail with an error that names neither."""
    executable = tmp_path / "python"  # another path, so that it is not taken for this Python
    executable.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    executable.chmod(0o755)
    fits = examine_executable(str(executable), _FLINK_VERSION, version("pemja"))
    assert fits.mark == "ok", fits
    differs = examine_executable(str(executable), _FLINK_VERSION, "0.4.9")
    assert differs.found == (
        f"{executable} has PemJa {version('pemja')}, and flink-python's jar has 0.4.9"
    )


@pytest.mark.parametrize(
    ("java", "option", "subject", "found"),
    [
        ("17/17.0.15", "-Xss2M", "stack", "2048 KB for a thread"),
        ("17/17.0.15", "-XX:ThreadStackSize=512", "stack", "512 KB for a thread"),
        ("25/25.0.1", "-Xmx1g", "Java", "OpenJDK 64-Bit Server VM - Debian - 25/25.0.1"),
    ],
)
def test_process_is_examined_by_its_options(
    java: str, option: str, subject: str, found: str
) -> None:
    """A host of a cluster may have other settings than this one."""
    process = JvmProcess(
        _FLINK_VERSION, f"OpenJDK 64-Bit Server VM - Debian - {java}", [option], []
    )
    findings = {finding.subject: finding for finding in examine_process(process)}
    assert findings[subject].found.startswith(found)
    assert (findings["Java"].mark == "ok") == java.startswith("17")


def test_log_without_the_start_of_the_process_describes_none() -> None:
    """A log that has rolled over begins later."""
    assert process_of_log("2026-11-29 20:00:00,000 INFO  org.example.Job [] - Done.\n") is None


def test_address_that_cannot_be_parsed_is_a_problem() -> None:
    """A traceback would not say what to write."""
    ((_, (problem,)),) = examine_cluster("http://localhost:8081x")
    assert problem.remedy.endswith("such as http://localhost:8081.")


def test_extras_are_those_of_the_package() -> None:
    """A new format must not be forgotten."""
    project = (_ROOT / "pyproject.toml").read_text()
    for extra, package in EXTRAS.items():
        assert re.search(rf'^{extra} = \[\n(?:    ".*\n)*?    "{package}[<>=]', project, re.M), (
            extra
        )
    models = {path.name for path in (_ROOT / "pyflink_ml_embedded" / "models").glob("[a-z]*/")}
    assert models - {"trees"} <= {*EXTRAS}
