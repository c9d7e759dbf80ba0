# SPDX-License-Identifier: Apache-2.0
"""A version that loads beside another delays rows only shortly and leaves no garbage."""

import gc
import sys
import textwrap
import weakref

import pytest

from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

MODEL = """
    import sys
    from pyflink_ml_embedded import PredictFunction

    class Part:
        pass

    class Model(PredictFunction):
        def open(self, context):
            self.interval = sys.getswitchinterval()
            self.part = Part()
            {more}

        def predict(self, data):
            return [1.0]
"""
CYCLE = "self.part.whole = self"


@pytest.fixture
def opened(tmp_path):
    """Returns a function that opens a version of a model."""

    def opened(version, background, more="pass"):
        directory = tmp_path / version
        directory.mkdir(exist_ok=True)
        (directory / "model.py").write_text(textwrap.dedent(MODEL).format(more=more))
        changes = {"python_class": "model.Model", "background": background}
        return open_function(make_request(directory, "x DOUBLE", "x DOUBLE", **changes))

    before = gc.get_freeze_count()  # 3.12 freezes some by itself
    yield opened
    assert gc.get_freeze_count() <= before


def test_threads_get_the_gil_soon_while_a_version_loads(opened):
    """Rows are predicted at the same time, and 5 ms is a long delay."""
    usual = sys.getswitchinterval()
    first, second = opened("1", False), opened("2", True)
    assert first.function.interval == usual
    assert second.function.interval < usual / 10
    assert sys.getswitchinterval() == usual
    close_function(first)
    close_function(second)


@pytest.mark.parametrize("more", ["pass", CYCLE])
def test_each_version_is_freed_when_it_is_closed(opened, more):
    """Memory must not grow with the versions, even with reference cycles."""
    path = opened("0", False, more)
    for version in range(1, 4):
        newer = opened(str(version), True, more)
        part = weakref.ref(path.function.part)
        close_function(path)
        assert part() is None
        path = newer
    part = weakref.ref(path.function.part)
    close_function(path)
    assert part() is None


def test_collections_leave_out_what_is_older_than_the_versions(opened):
    """A collection stops all threads, for half a second if transformers is loaded."""
    first = opened("1", False)
    second = opened("2", True)
    frozen = gc.get_freeze_count()
    assert frozen > len(gc.get_objects())
    close_function(first)
    assert gc.get_freeze_count() > frozen / 2
    close_function(second)


@pytest.mark.parametrize(
    "cycle",
    [CYCLE, "self.step = self.predict", "self.step = lambda: self", "self.parts = [[self]]"],
)
def test_cycles_of_a_version_are_freed_without_such_a_collection(opened, cycle):
    """Many classes keep one of their own methods."""
    first = opened("1", False, cycle)
    second = opened("2", True)
    part = weakref.ref(first.function.part)
    frozen = []
    gc.callbacks.append(lambda phase, info: frozen.append(gc.get_freeze_count()))
    close_function(first)
    gc.callbacks.pop()
    assert part() is None
    assert min(frozen) > len(gc.get_objects())
    close_function(second)


@pytest.mark.parametrize(
    "more",
    ["sys.kept = self", "sys.kept = self.part; sys.kept.whole = self", "sys.kept = self.open"],
)
def test_closed_version_that_others_use_stays_whole(opened, monkeypatch, more):
    """A thread of the model may still read it."""
    monkeypatch.setattr(sys, "kept", None, raising=False)
    first = opened("1", False, f"self.me = self; {more}")
    second = opened("2", True)
    part = weakref.ref(first.function.part)
    close_function(first)
    assert part() is not None
    monkeypatch.undo()
    close_function(second)
    assert part() is None


def test_version_that_fails_to_load_leaves_nothing(opened):
    """A broken version may be tried many times."""
    usual = sys.getswitchinterval()
    frozen = gc.get_freeze_count()
    first = opened("1", False)
    for _ in range(2):
        with pytest.raises(DescribedError, match="ZeroDivisionError"):
            opened("2", True, "1 / 0")
        assert gc.get_freeze_count() <= frozen
        assert sys.getswitchinterval() == usual
    close_function(first)
