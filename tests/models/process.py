# SPDX-License-Identifier: Apache-2.0
"""Predict functions that change the process they run in. All have INPUT (x DOUBLE)."""

import ctypes
import faulthandler
import logging
import multiprocessing
import os
import signal
import subprocess
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from pyflink_ml_embedded import BatchPredictFunction, PredictFunction

_log = logging.getLogger("workers")


class _Doubler(PredictFunction):
    def predict(self, data):
        return [data[0] * 2]


class FaulthandlerEnabled(_Doubler):
    """Does what absl does when it is imported."""

    def open(self, context):
        faulthandler.enable()
        faulthandler.register(signal.SIGQUIT)


class DevMode(PredictFunction):
    """Returns 1 in Python's development mode, which enables faulthandler."""

    def predict(self, data):
        return [float(sys.flags.dev_mode)]


def _install_fatal_handlers():
    """Installs handlers as a C library does: without Python's signal module."""
    abort = ctypes.cast(ctypes.CDLL(None).abort, ctypes.c_void_p)
    for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGTERM, signal.SIGUSR2):
        ctypes.CDLL(None).signal(int(number), abort)


class HandlersInOpen(_Doubler):
    def open(self, context):
        _install_fatal_handlers()


class HandlersInPredict(_Doubler):
    def predict(self, data):
        _install_fatal_handlers()
        return super().predict(data)


class HandlersInBatch(BatchPredictFunction):
    batch_format = "numpy"

    def predict_batch(self, batch):
        _install_fatal_handlers()
        return [batch["x"] * 2]


class Crashes(PredictFunction):
    """Reads address 0 in row 2."""

    def predict(self, data):
        if data[0] == 2:
            self.crash_here()
        return [data[0]]

    def crash_here(self):
        ctypes.string_at(0)


class AbortsFromC(Crashes):
    """Ends as C++ does after an exception that nobody catches."""

    def crash_here(self):
        os.abort()


class ExitsFromC(Crashes):
    """Ends as a library does that calls exit."""

    def crash_here(self):
        ctypes.CDLL(None).exit(3)


class ExitsFromPython(Crashes):
    """Ends the process without any cleanup."""

    def crash_here(self):
        os._exit(3)


def square_in_worker(x):
    """Returns the square, and logs that it does."""
    _log.error("a worker squares %s", x)
    return x * x


class WorkerError(Exception):
    pass


def fail_in_worker(x):
    """Raises an error of this module."""
    raise WorkerError(f"cannot use {x}")


class _Pool(PredictFunction):
    """Adds the squares of x and x + 1, which workers calculate."""

    def predict(self, data):
        return [float(sum(self.map(square_in_worker, [data[0], data[0] + 1])))]


class ForkPool(_Pool):
    def map(self, function, values):
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return pool.map(function, values)


class DefaultPool(_Pool):
    def map(self, function, values):
        with multiprocessing.Pool(2) as pool:
            return pool.map(function, values)


class SpawnPool(_Pool):
    def map(self, function, values):
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            return pool.map(function, values)


class ExecutorPool(_Pool):
    def map(self, function, values):
        with ProcessPoolExecutor(2) as executor:
            return list(executor.map(function, values))


class _Joblib(_Pool):
    backend = ""

    def map(self, function, values):
        import joblib

        parallel = joblib.Parallel(n_jobs=2, backend=self.backend)
        return parallel(joblib.delayed(function)(value) for value in values)


class JoblibLoky(_Joblib):
    backend = "loky"


class JoblibMultiprocessing(_Joblib):
    backend = "multiprocessing"


class PoolInBatch(BatchPredictFunction):
    """Adds the squares of a forked pool and of a default one."""

    batch_format = "numpy"

    def predict_batch(self, batch):
        values = batch["x"].tolist()
        with multiprocessing.get_context("fork").Pool(2) as pool:
            forked = pool.map(square_in_worker, values)
        with multiprocessing.Pool(2) as pool:
            return [np.add(forked, pool.map(square_in_worker, values))]


class ErrorInPool(PredictFunction):
    """Returns whether the class of an error from a worker is that of this module."""

    def predict(self, data):
        with multiprocessing.Pool(1) as pool:
            try:
                pool.apply(fail_in_worker, (data[0],))
            except WorkerError:
                return [1.0]
        return [0.0]


def _wait_forever():
    multiprocessing.Event().wait()


class TerminatedChild(PredictFunction):
    """Returns the exit code of a forked child that is terminated."""

    def predict(self, data):
        child = multiprocessing.get_context("fork").Process(target=_wait_forever)
        child.start()
        child.terminate()
        child.join()
        return [float(child.exitcode)]


class ChildThatReturns(PredictFunction):
    """Forks a child that leaves predict by an exception, and returns its exit code."""

    def predict(self, data):
        child = os.fork()
        if child == 0:
            sys.exit(7)
        return [float(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))]


class Subprocess(PredictFunction):
    def predict(self, data):
        command = [sys.executable, "-c", f"print({data[0]} * 2)"]
        return [float(subprocess.run(command, capture_output=True, check=True).stdout)]


class Input(PredictFunction):
    def predict(self, data):
        return [float(input("how much? "))]


class Breakpoint(PredictFunction):
    def predict(self, data):
        breakpoint()
        return [data[0]]


class WarningsAsErrors(_Doubler):
    def open(self, context):
        warnings.simplefilter("error")


class Warns(_Doubler):
    def predict(self, data):
        warnings.warn("this is old", DeprecationWarning, stacklevel=2)
        return super().predict(data)
