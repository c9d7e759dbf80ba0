# SPDX-License-Identifier: Apache-2.0
"""context.shared: one object for all functions of a model, dropped with the last of them."""

import gc
import threading
import weakref

import pytest

from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

MODEL = """
import weakref
from pyflink_ml_embedded import PredictFunction

class Weights:
    pass

class Model(PredictFunction):
    def open(self, context):
        self.weights = context.shared("weights", Weights)
        assert context.shared("weights", Weights) is self.weights

    def predict(self, data):
        return [1.0]
"""


@pytest.fixture
def opened(tmp_path):
    """Returns a function that opens a model, which is closed after the test."""
    paths = []

    def opened(source=MODEL, directory="model", python_class="model.Model", **properties):
        path = tmp_path / directory
        path.mkdir(exist_ok=True)
        if not (path / "model.py").exists() or (path / "model.py").read_text() != source:
            (path / "model.py").write_text(source)
        properties = {name.replace("_", "-"): value for name, value in properties.items()}
        request = make_request(path, "x DOUBLE", "x DOUBLE", properties, python_class=python_class)
        paths.append(open_function(request))
        return paths[-1]

    yield opened
    for path in paths:
        if path.function is not None:
            close_function(path)


def test_functions_of_a_model_share_until_the_last_is_closed(opened):
    """Subtasks and jobs of one TaskManager need one copy of the weights."""
    first, second = opened(), opened()
    weights = weakref.ref(first.function.weights)
    assert second.function.weights is weights()
    close_function(first)
    assert weights() is not None
    close_function(second)
    assert weights() is None


@pytest.mark.parametrize(
    "other", [{"directory": "other"}, {"threads": "2"}, {"source": MODEL + "\n# newer\n"}]
)
def test_other_directory_files_or_property_shares_nothing(opened, other):
    """Other files or properties mean other objects."""
    assert opened().function.weights is not opened(**other).function.weights


def test_changed_files_run_beside_the_old_ones(opened):
    """A job that starts after an update gets the new code, and the old job keeps its own."""
    old = opened()
    new = opened(source=MODEL.replace("1.0", "2.0"))
    assert ([row.x for row in old((0.0,))], [row.x for row in new((0.0,))]) == ([1.0], [2.0])


def test_later_function_of_the_new_files_shares_with_the_earlier(opened):
    """It would get objects of other classes, whose modules go with the earlier function."""
    old = opened()
    source = MODEL.replace("1.0", "2.0")
    new = opened(source)
    close_function(old)
    later = opened(source)
    assert later.function.weights is new.function.weights
    assert type(later.function) is type(new.function)


def test_each_function_loads_its_own_object_if_a_property_says_so(opened):
    """Some objects cannot be used by several threads."""
    first, second = opened(share_model="false"), opened(share_model="false")
    assert first.function.weights is not second.function.weights


def test_property_must_be_true_or_false(opened):
    """A typo would cost the memory of many copies."""
    with pytest.raises(DescribedError, match="share-model' is 'no'; valid values are: true, false"):
        opened(share_model="no")


def test_failed_load_is_tried_again_by_the_next_function(opened):
    """A missing file can be added without a restart of the TaskManager."""
    source = MODEL.replace(
        "class Weights:\n    pass",
        "tries = []\ndef Weights():\n    tries.append(1)\n    assert len(tries) > 1, 'too early'\n"
        "    return object()",
    )
    keeps_the_modules = opened(source.replace("open(self", "start(self"))
    with pytest.raises(DescribedError, match="too early"):
        opened(source)
    with pytest.raises(DescribedError, match="too early"):
        opened(source)
    close_function(keeps_the_modules)


def test_load_that_requests_itself_is_an_error(opened):
    """It would wait forever."""
    source = MODEL.replace(
        'context.shared("weights", Weights)\n        assert',
        'context.shared("weights", lambda: context.shared("weights", Weights))\n        assert',
    )
    with pytest.raises(DescribedError, match="'weights' is requested while it is loaded"):
        opened(source)


def test_threads_load_once(opened):
    """Many subtasks may request the object at the same time."""
    source = MODEL.replace(
        "def predict(self, data):\n        return [1.0]",
        "def predict(self, data):\n"
        "        calls = self.context.shared('calls', list)\n"
        "        self.context.shared('slow', lambda: (calls.append(1), __import__('time')"
        ".sleep(0.1)))\n"
        "        return [float(len(calls))]",
    ).replace(
        "def open(self, context):", "def open(self, context):\n        self.context = context"
    )
    paths = [opened(source) for _ in range(4)]
    start = threading.Barrier(4)
    results = []

    def predict(path):
        start.wait(60)
        results.append(path((0.0,))[0].x)

    threads = [threading.Thread(target=predict, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [1.0] * 4


def test_repeated_opens_leave_no_object(opened):
    """A session cluster runs jobs for months."""
    counts = []
    for _ in range(3):
        for _ in range(10):
            close_function(opened())
        gc.collect()
        counts.append(
            sum(type(thing).__name__ in ("Weights", "_Loaded") for thing in gc.get_objects())
        )
    assert counts == [0, 0, 0]
