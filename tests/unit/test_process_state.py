# SPDX-License-Identifier: Apache-2.0
"""What a model changes for the whole process is put back, and a record names the model."""

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from pyflink_ml_embedded._runtime.process_settings import _NUMPY_PRINTS, _NumpyPrintOptions
from pyflink_ml_embedded._runtime.process_state import ProcessState, Setting

_TESTS = Path(__file__).parents[1]

WARNED = {
    "path": ("sys.path", "removed /"),
    "path added": ("the search path of imports", "added /of-a-model. This stays"),
    "finders": ("sys.meta_path", "removed "),
    "finder added": ("sys.meta_path", "added _Raises"),
    "path hooks": ("sys.path_hooks", "removed zipimporter, FileFinder"),
    "modules": ("sys.modules", "replaced or removed json, pyarrow"),
    "module removed": ("sys.modules", "replaced or removed traceback"),
    "builtins": ("builtins", "replaced or removed len"),
    "cwd": ("the working directory", "set to '/'"),
    "umask": ("the umask", "set to 0o77"),
    "variable removed": ("environment variables", "PATH changed or removed"),
    "time zone": ("the time zone", "set to ('XXX-5', "),
    "locale": ("the locale", "set to 'C'"),
    "gc": ("gc.enable", "set to False"),
    "gc threshold": ("gc.set_threshold", "set to (1000000, 10, 10)"),
    "gc debug": ("gc.set_debug", "set to 32"),
    "gc freeze": ("gc.freeze", "all objects were excluded"),
    "recursion limit": ("sys.setrecursionlimit", "set to 150"),
    "switch interval": ("sys.setswitchinterval", "set to 1.0"),
    "socket timeout": ("socket.setdefaulttimeout", "set to 0.001"),
    "hooks": ("threading.excepthook", "set to print"),
    "streams": ("sys.stdout", "set to a StringIO"),
    "trace": ("the functions of sys.settrace and sys.setprofile", "code on this thread"),
    "logging disabled": ("logging.disable", "set to 50"),
    "logging configured": ("loggers", "unless 'disable_existing_loggers' is False"),
    "log classes": ("the class of log records", "set to _set_log_classes"),
    "log handler": ("the handlers of the root logger", "added NullHandler"),
}


@pytest.fixture(scope="module", params=["open", "predict", "close"])
def reports(request: pytest.FixtureRequest) -> Any:
    """What became of the settings after each act of a model in this step."""
    result = subprocess.run(
        [sys.executable, "-m", "unit.process_settings", request.param],
        cwd=_TESTS,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return {"step": request.param, **json.loads(result.stdout)}


def test_settings_are_as_before(reports: Any) -> None:
    """A later model finds the process as the first one did, and rows are predicted."""
    left = {
        act: report
        for act, report in reports.items()
        if act != "step" and (report["changed"] or report["error"])
    }
    assert left == {}


@pytest.mark.parametrize("act", WARNED)
def test_warning_names_the_model_its_step_and_the_change(act: str, reports: Any) -> None:
    """Also where the model has silenced logging."""
    setting, change = WARNED[act]
    begin = f"WARNING Model '{act}', in {reports['step']}, has changed {setting} for all models"
    records = reports[act]["records"]
    assert any(text.startswith(begin) and change in text for text in records), records


def test_added_variable_is_no_warning(reports: Any) -> None:
    """Libraries add them when they are imported; they have names only, because of secrets."""
    (record,) = (text for text in reports["variable added"]["records"] if "variables" in text)
    assert record.startswith("INFO ")
    assert "added OF_A_MODEL. This stays" in record


def test_thread_that_outlives_its_model_is_named(reports: Any) -> None:
    """Each restart of a job would add one."""
    (record,) = (text for text in reports["thread"]["records"] if "threads" in text)
    assert record.startswith("WARNING Model 'thread' is closed, and the threads ['left'] still run")


def test_print_options_of_numpy_are_put_back() -> None:
    """Before numpy 2.1 they belong to the process, and later to the context of a function."""
    setting = _NumpyPrintOptions()
    assert np.get_printoptions().items() >= _NUMPY_PRINTS.items()
    np.set_printoptions(precision=2)
    assert setting.look() == "other values for precision"
    assert setting.look() is None
    assert np.get_printoptions()["precision"] == 8


class Counted(Setting):
    """A setting that changes each time it is looked at."""

    name = "the weather"

    def __init__(self) -> None:
        self.looks = 0

    def look(self) -> str:
        self.looks += 1
        return f"look {self.looks}"


class Open:
    """What the state needs of an open function."""

    def __init__(self, model: str) -> None:
        self.model = model
        self.call: object = None


@pytest.fixture
def counted() -> Counted:
    """The only setting of a state."""
    return Counted()


@pytest.fixture
def state(counted: Counted) -> ProcessState:
    """A state with one setting."""
    state = ProcessState()
    state.install([], [counted])
    return state


def test_last_of_several_steps_looks_and_names_all(
    state: ProcessState, counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    """What another model is in the middle of doing is not undone."""
    with state.step("a", "open"):
        counted.looks = 0
        with state.step("b", "close"):
            state.look_after_call()
        assert counted.looks == 0
    assert counted.looks == 1
    (message,) = [text for text in caplog.messages if "look 1" in text and "models [" in text]
    assert message.startswith("One of the models ['a', 'b'], in close or open, has changed the wea")


def test_nothing_is_put_back_while_another_model_predicts(
    state: ProcessState, counted: Counted
) -> None:
    """It may have changed a setting only for this call, as contextlib.redirect_stdout does."""
    other: Any = Open("other")
    with ExitStack() as resources:
        state.follow(other, resources)
        other.call = (1, 2)
        state.look_after_call()
        assert counted.looks == 0
        other.call = None
        state.look_after_call()
        assert counted.looks == 1


def test_change_is_reported_once_for_each_model(
    state: ProcessState, caplog: pytest.LogCaptureFixture
) -> None:
    """A model may do so for each row."""
    for model in ("a", "b"):
        with ExitStack() as resources:
            state.follow(cast(Any, Open(model)), resources)
            for _ in range(3):
                state.look_after_call()
    assert [text[:20] for text in caplog.messages] == [
        "Model 'a', in predic",
        "Model 'b', in predic",
    ]


def test_setting_that_cannot_be_read_does_not_stop_the_others(
    counted: Counted, caplog: pytest.LogCaptureFixture
) -> None:
    """A model's objects may raise."""

    class Failing(Setting):
        name = "the failing one"

        def look(self) -> str:
            raise OSError("gone")

    state = ProcessState()
    state.install([Failing()], [counted])
    state.look_after_call()
    assert (
        "the failing one for all models of this process: it cannot be put back: OSError: gone"
        in (caplog.text)
    )
    assert counted.looks == 1
