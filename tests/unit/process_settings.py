# SPDX-License-Identifier: Apache-2.0
"""Opens a model for each of its acts, and for all, and prints what became of the process.

The argument is the step in which the model acts. ``test_process_state.py`` runs this as a script,
because settings belong to the process.
"""

import builtins
import gc
import json
import locale
import logging
import os
import socket
import sys
import threading
import time
from pathlib import Path

import numpy as np

from pyflink_ml_embedded import Row
from pyflink_ml_embedded._runtime import log_levels, own_loggers, slf4j
from pyflink_ml_embedded._runtime.import_settings import import_settings
from pyflink_ml_embedded._runtime.log_settings import log_settings
from pyflink_ml_embedded._runtime.open import close_function, open_function
from pyflink_ml_embedded._runtime.private_modules import ModelFinder
from pyflink_ml_embedded._runtime.process_settings import process_settings
from pyflink_ml_embedded._runtime.process_state import state

from .requests import make_request

_MODELS = Path(__file__).parents[1] / "models"
_records: list[str] = []


def settings():
    """Returns the settings of this process, read without the code under test."""
    umask = os.umask(0)
    os.umask(umask)
    root = logging.getLogger()
    return {
        "sys.path": [path for path in sys.path if path != "/of-a-model"],
        "sys.meta_path": [
            id(finder) for finder in sys.meta_path if not isinstance(finder, ModelFinder)
        ],
        "sys.path_hooks": [id(hook) for hook in sys.path_hooks],
        "sys.modules": [id(sys.modules.get(name)) for name in ("json", "traceback")],
        "pyarrow": sys.modules.get("pyarrow", ""),
        "builtins": {name: id(value) for name, value in vars(builtins).items()},
        "cwd": os.getcwd(),
        "umask": umask,
        "PATH": os.environ.get("PATH"),
        "time zone": (os.environ.get("TZ"), time.localtime(0).tm_gmtoff),
        "locale": locale.setlocale(locale.LC_ALL),
        "gc": (gc.isenabled(), gc.get_threshold(), gc.get_debug(), gc.get_freeze_count()),
        "limits": (sys.getrecursionlimit(), sys.getswitchinterval(), socket.getdefaulttimeout()),
        "numpy": np.get_printoptions(),
        "hooks": [
            id(hook)
            for hook in (sys.excepthook, sys.unraisablehook, threading.excepthook, sys.displayhook)
        ],
        "streams": [id(stream) for stream in (sys.stdin, sys.stdout, sys.stderr)],
        "logging": (root.manager.disable, root.level, own_loggers.handler in root.handlers),
        "log classes": (id(logging.getLoggerClass()), id(logging.getLogRecordFactory())),
        "disabled": [
            name
            for name, logger in logging.Logger.manager.loggerDict.items()
            if isinstance(logger, logging.Logger) and logger.disabled
        ],
    }


def run(act, step):
    """Opens, calls and closes the model, and returns what it left and what was logged."""
    before = settings()
    _records.clear()
    error = None
    try:
        request = make_request(
            _MODELS,
            "x DOUBLE",
            "y DOUBLE",
            {"acts": act, "in": step},
            model=act,
            python_class="poison.Poison",
        )
        opened = open_function(request)
        opened(Row(1.0))
        state.look_after_call()  # as native code does
        close_function(opened)
    except Exception as raised:
        error = repr(raised)
    after = settings()
    changed = [name for name, value in before.items() if after[name] != value]
    return {"changed": changed, "records": list(_records), "error": error}


def main():
    """Prints the reports of all acts as JSON."""
    locale.setlocale(locale.LC_ALL, "C.UTF-8")
    slf4j.install(
        lambda level, name, text: _records.append(f"{logging.getLevelName(level)} {text}")
    )
    log_levels.install(lambda names: None, logging.INFO)
    logging.getLogger("of.another.model")
    state.install(import_settings(), [*log_settings(), *process_settings()])
    sys.path.append(str(_MODELS))
    from poison import ACTS

    sys.path.remove(str(_MODELS))
    output = os.dup(1)
    reports = {act: run(act, sys.argv[1]) for act in [*ACTS, ",".join(ACTS)]}
    os.write(output, json.dumps(reports).encode())


if __name__ == "__main__":
    main()
