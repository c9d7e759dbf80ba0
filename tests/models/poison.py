# SPDX-License-Identifier: Apache-2.0
"""Predict functions that change settings of their process, and those that need them.

All have INPUT (x DOUBLE) and OUTPUT (y DOUBLE).
"""

import builtins
import gc
import io
import locale
import logging
import logging.config
import os
import socket
import sys
import threading
import time
import types

import numpy as np

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction

_log = logging.getLogger("later")
_release = threading.Event()


class _Raises:
    def find_spec(self, *_):
        raise ImportError("a model's finder")


def _take_site_packages():
    sys.path[:] = [path for path in sys.path if "-packages" not in path]


def _set_time_zone():
    os.environ["TZ"] = "XXX-5"
    time.tzset()


def _set_hooks():
    sys.excepthook = sys.unraisablehook = threading.excepthook = sys.displayhook = print


def _set_streams():
    sys.stdout = sys.stderr = sys.stdin = io.StringIO()


def _configure_logging():
    logging.config.dictConfig({"version": 1, "root": {"level": "CRITICAL", "handlers": []}})


def _set_log_classes():
    logging.setLoggerClass(type("OtherLogger", (logging.Logger,), {}))
    logging.setLogRecordFactory(lambda *args, **kwargs: 1 / 0)


def _start_thread():
    threading.Thread(target=_release.wait, name="left", daemon=True).start()


# Those without which the others cannot run are the last.
ACTS = {
    "cwd": lambda: os.chdir("/"),
    "umask": lambda: os.umask(0o077),
    "variable removed": lambda: os.environ.pop("PATH"),
    "variable added": lambda: os.environ.setdefault("OF_A_MODEL", "1"),
    "time zone": _set_time_zone,
    "locale": lambda: locale.setlocale(locale.LC_ALL, "C"),
    "gc": gc.disable,
    "gc threshold": lambda: gc.set_threshold(10**6),
    "gc debug": lambda: gc.set_debug(gc.DEBUG_SAVEALL),
    "gc freeze": gc.freeze,
    "recursion limit": lambda: sys.setrecursionlimit(150),
    "switch interval": lambda: sys.setswitchinterval(1),
    "socket timeout": lambda: socket.setdefaulttimeout(0.001),
    "print options": lambda: np.set_printoptions(precision=1),
    "hooks": _set_hooks,
    "streams": _set_streams,
    "trace": lambda: sys.settrace(lambda *_: None),
    "logging disabled": lambda: logging.disable(logging.CRITICAL),
    "logging configured": _configure_logging,
    "log classes": _set_log_classes,
    "log handler": lambda: logging.getLogger().addHandler(logging.NullHandler()),
    "thread": _start_thread,
    "path": _take_site_packages,
    "path added": lambda: sys.path.insert(0, "/of-a-model"),
    "finders": lambda: sys.meta_path.clear(),
    "finder added": lambda: sys.meta_path.insert(0, _Raises()),
    "path hooks": lambda: sys.path_hooks.clear(),
    "modules": lambda: sys.modules.update(json=types.ModuleType("json"), pyarrow=None),
    "module removed": lambda: sys.modules.pop("traceback"),
    "builtins": lambda: setattr(builtins, "len", None),
}


class Poison(PredictFunction):
    """Does ``properties.acts``, names with commas, or all, in the step ``properties.in``."""

    def open(self, context):
        self._step = context.properties["in"]
        names = context.properties.get("acts")
        self._acts = [ACTS[name] for name in (names.split(",") if names else ACTS)]
        self._do("open")

    def predict(self, data):
        self._do("predict")
        return [data[0] * 2]

    def close(self):
        self._do("close")

    def _do(self, step):
        if step == self._step:
            for act in self._acts:
                act()


class _Later:
    def open(self, context):
        self._name = context.model.rpartition(".")[2]

    def report(self):
        """Logs, prints, imports what no model has imported, and returns 0."""
        import colorsys

        _log.info("%s logs", self._name)
        print("prints", np.array([1 / 3]))
        return colorsys.rgb_to_hls(0, 0, 0)[0]


class LaterRows(_Later, PredictFunction):
    def predict(self, data):
        return [data[0] * 2 + self.report()]


class LaterPandas(_Later, BatchPredictFunction):
    batch_format = "pandas"

    def predict_batch(self, batch):
        return batch["x"] * 2 + self.report()


class LaterArrow(_Later, BatchPredictFunction):
    def predict_batch(self, batch):
        import pyarrow.compute as pc

        return pc.multiply(batch.column(0), 2 + self.report())
