# SPDX-License-Identifier: Apache-2.0
"""The command ``pyflink-ml-embedded install-jars``."""

import os
import shutil
import stat
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from zipfile import ZipFile

import pytest

from pyflink_ml_embedded.cli import main
from pyflink_ml_embedded.table import provider_jar

_FLINK = Path(find_spec("pyflink").origin).parent
_FLINK_VERSION = version("apache-flink")
_FLINK_PYTHON = f"flink-python-{_FLINK_VERSION}.jar"
_PROVIDER = provider_jar().name
_PEMJA = f"- com.alibaba:pemja:{version('pemja')}\n"

Install = Callable[..., tuple[int, str]]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A Flink of the installed version, with as much of its jars as the command reads."""
    for part in ("lib", "opt"):
        (tmp_path / part).mkdir()
    _jar(tmp_path / "lib" / f"flink-dist-{_FLINK_VERSION}.jar")
    _jar(tmp_path / "opt" / _FLINK_PYTHON, **{"META-INF/NOTICE": _PEMJA})
    return tmp_path


@pytest.fixture
def install(home: Path, capsys: pytest.CaptureFixture[str]) -> Install:
    """Runs the command, and returns its exit code and what it printed."""

    def install(*options: str) -> tuple[int, str]:
        exit_code = main(["install-jars", "--flink-home", str(home), *options])
        output, errors = capsys.readouterr()
        return exit_code, output + errors

    return install


def _files(home: Path) -> dict[str, tuple[int, int]]:
    return {
        file.name: (file.lstat().st_ino, file.lstat().st_mtime_ns) for file in home.glob("lib/*")
    }


def _jar(path: Path, flink: str = _FLINK_VERSION, **members: str) -> Path:
    path.unlink(missing_ok=True)
    with ZipFile(path, "w") as file:
        file.writestr("META-INF/MANIFEST.MF", f"Implementation-Version: {flink}\n")
        for name, text in members.items():
            file.writestr(name, text)
    return path


def test_flink_of_the_package_is_accepted(home: Path, install: Install) -> None:
    """The other tests have only as much of its jars as the command reads."""
    for part in ("lib", "opt"):
        for jar in (_FLINK / part).glob("*.jar"):
            (home / part / jar.name).unlink(missing_ok=True)
            (home / part / jar.name).symlink_to(jar)

    assert install()[0] == 0
    assert (home / "lib" / _FLINK_PYTHON).stat().st_size > 10_000_000


def test_both_jars_are_copied_and_readable(home: Path, install: Install) -> None:
    """Flink often runs as a user that did not install it."""
    before = os.umask(0o077)
    try:
        exit_code, output = install()
    finally:
        os.umask(before)

    assert exit_code == 0, output
    for source in (provider_jar(), home / "opt" / _FLINK_PYTHON):
        copy = home / "lib" / source.name
        assert copy.read_bytes() == source.read_bytes()
        assert stat.S_IMODE(copy.lstat().st_mode) == 0o644
    assert "restart" in output
    assert not list(home.glob("lib/.*"))


def test_second_call_changes_nothing_and_says_so(home: Path, install: Install) -> None:
    """Scripts that set up a host run again and again."""
    install()
    before = _files(home)

    assert install() == (0, "Nothing to do: lib/ has the jars of these versions.\n")
    assert _files(home) == before


def test_flink_without_opt_gets_the_jar_of_the_package(home: Path, install: Install) -> None:
    """Some images have removed opt/, and versions are compared anyway."""
    shutil.rmtree(home / "opt")

    assert install()[0] == 0
    assert (home / "lib" / _FLINK_PYTHON).stat().st_size > 10_000_000


def test_provider_of_another_version_or_build_is_replaced(home: Path, install: Install) -> None:
    """With two of them, chance decides which one runs."""
    _jar(home / "lib" / "pyflink-ml-embedded-0.0.9.jar")
    _jar(home / "lib" / _PROVIDER)

    exit_code, output = install()

    assert exit_code == 0, output
    assert f"removed {home}/lib/pyflink-ml-embedded-0.0.9.jar\n" in output
    assert [jar.name for jar in home.glob("lib/pyflink-ml-*.jar")] == [_PROVIDER]
    assert (home / "lib" / _PROVIDER).read_bytes() == provider_jar().read_bytes()


def test_uninstall_restores_what_was_there(home: Path, install: Install) -> None:
    """Nothing is left behind, and a second call has nothing to do."""
    before = _files(home)
    install()

    exit_code, output = install("--uninstall")

    assert exit_code == 0
    assert output.count("removed ") == 2
    assert _files(home) == before
    assert install("--uninstall")[1].startswith("Nothing to do")


def test_flink_python_that_was_there_before_stays(home: Path, install: Install) -> None:
    """PyFlink jobs of others may need it."""
    (home / "lib" / _FLINK_PYTHON).symlink_to(home / "opt" / _FLINK_PYTHON)
    before = _files(home)

    install()
    _, output = install("--uninstall")

    assert f"kept    {home}/lib/{_FLINK_PYTHON}: this command has not copied it" in output
    assert _files(home) == before


@pytest.mark.parametrize(
    ("jar", "flink", "members", "message"),
    [
        pytest.param(
            f"lib/flink-dist-{_FLINK_VERSION}.jar", "2.3.99", {},
            "Flink is 2.3.99, and the apache-flink of", id="another patch of Flink",
        ),
        pytest.param(
            f"opt/{_FLINK_PYTHON}", "2.3.99", {"META-INF/NOTICE": _PEMJA},
            f"{_FLINK_PYTHON} is of 2.3.99. Remove it, or put", id="another flink-python",
        ),
        pytest.param(
            f"opt/{_FLINK_PYTHON}", _FLINK_VERSION, {"META-INF/NOTICE": "com.alibaba:pemja:0.4.9"},
            "is 0.4.9, and that of", id="another PemJa",
        ),
        pytest.param(
            "lib/flink-python-2.3.99.jar", "2.3.99", {},
            "lib/flink-python-2.3.99.jar is of 2.3.99", id="another flink-python in lib",
        ),
        pytest.param(
            "lib/flink-dist-2.3.99.jar", "2.3.99", {},
            "must have one flink-dist-*.jar, and has flink-dist", id="two Flinks",
        ),
        pytest.param(
            "lib/our-jobs.jar", "1.0.0", {"pemja/core/PythonInterpreter.class": ""},
            "our-jobs.jar contains classes of PemJa, of which", id="PemJa in another jar",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_and_nothing_changes(
    home: Path, install: Install, jar: str, flink: str, members: dict[str, str], message: str
) -> None:
    """Different versions fail in a job, with messages that name neither."""
    _jar(home / jar, flink, **members)
    before = _files(home)

    exit_code, output = install()

    assert exit_code == 1
    assert message in output
    assert _files(home) == before


def test_second_flink_python_is_refused(home: Path, install: Install) -> None:
    """PemJa's classes must not be in two jars, also where one of them fits."""
    install()
    _jar(home / "lib" / "flink-python-2.3.99.jar", "2.3.99")

    exit_code, output = install()

    assert exit_code == 1
    assert f"{home}/lib/{_FLINK_PYTHON}, {home}/lib/flink-python-2.3.99.jar" in output


def test_copy_that_fails_leaves_no_part_of_a_jar(
    home: Path, install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A damaged jar in lib/ would keep Flink from starting."""

    def fail(_: Path, target: str) -> None:
        Path(target).write_bytes(b"PK")
        raise OSError(28, "No space left on device", target)

    monkeypatch.setattr(shutil, "copyfile", fail)
    before = [jar.name for jar in home.glob("lib/*.jar")]

    exit_code, output = install()

    assert exit_code == 1
    assert "No space left on device" in output
    assert [jar.name for jar in home.glob("lib/*.jar")] == before
    assert not list(home.glob("lib/.*"))


def test_directory_that_is_not_a_flink_is_refused(home: Path, install: Install) -> None:
    """A typing error in the path must not make a new directory."""
    shutil.rmtree(home / "lib")

    exit_code, output = install()

    assert exit_code == 1
    assert "has no directory lib/. Name the directory of a Flink" in output
