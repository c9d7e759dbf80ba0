# SPDX-License-Identifier: Apache-2.0
"""Opening and closing of functions, as native code does it."""

import decimal
import gc
import json
import sys
import textwrap
import weakref
from itertools import pairwise

import pytest

from pyflink_ml_embedded import Row, Schema
from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import described, local_files, make_request

MODEL = """
from pyflink_ml_embedded import PredictFunction, Row

class Model(PredictFunction):
    def open(self, context):
        self.context = context
        self.calls = ['open']

    def predict(self, data):
        return [Row(data.amount * 2)]

    def close(self):
        self.calls.append('close')
"""
INPUT, OUTPUT = "amount DOUBLE", "score DOUBLE NOT NULL"


@pytest.fixture
def request_for(tmp_path):
    """Returns a function that writes a model's file and returns the request to open it."""

    def request_for(source=MODEL, inputs=INPUT, outputs=OUTPUT, **changes):
        (tmp_path / "model.py").write_text(textwrap.dedent(source))
        usual = {
            "model": "catalog.db.fraud",
            "python_class": "model.Model",
            "subtask_index": 1,
            "parallelism": 2,
        }
        properties = {"threshold": "0.7"}
        return make_request(tmp_path, inputs, outputs, properties, **{**usual, **changes})

    return request_for


def test_function_is_configured_opened_and_closed(request_for, tmp_path):
    """The base class documents this order."""
    path = open_function(request_for())
    function = path.function
    assert path(Row(2.0)) == [Row(score=4.0)]
    assert function.model_directory == str(tmp_path)
    assert function.init_properties == {"threshold": "0.7"}
    assert function.input_schema == Schema.parse(INPUT)
    assert function.output_schema == Schema.parse(OUTPUT)
    assert json.loads(function.model_config_json)["python_class_name"] == "model.Model"
    close_function(path)
    assert function.calls == ["open", "close"]


def test_context_describes_model_and_subtask(request_for, tmp_path):
    """A function may need any of it in open."""
    path = open_function(request_for())
    context = path.function.context
    assert context.model == "catalog.db.fraud"
    assert context.model_directory == str(tmp_path)
    assert context.properties == {"threshold": "0.7"}
    assert context.input_schema == Schema.parse("amount DOUBLE")
    assert context.output_schema == Schema.parse("score DOUBLE NOT NULL")
    assert (context.subtask_index, context.parallelism) == (1, 2)
    with pytest.raises(TypeError):
        context.properties["threshold"] = "0.8"
    close_function(path)


def test_configuration_of_another_provider_reaches_the_class(request_for, tmp_path, monkeypatch):
    """FLIP-552 leaves its form to the provider; the class is then an installed one."""
    monkeypatch.syspath_prepend(tmp_path)
    source = MODEL + "    def set_model_config(self, config):\n        self.config = config\n"
    path = open_function(request_for(source, files=None, model_config="<xml/>"))
    assert path.function.config == "<xml/>"
    assert path.function.context.model_directory is None
    assert path.function.context.input_schema.names == ["amount"]
    close_function(path)
    del sys.modules["model"]


def test_directory_is_that_of_this_host_in_a_providers_own_json(request_for, tmp_path):
    """The provider only knows the URI that the files are fetched from."""
    source = MODEL + "    def set_model_config(self, config):\n        self.config = config\n"
    uri = "s3://models/fraud.zip"
    config = {"model_directory_path": uri, "weights": [3, 0.5]}
    files = local_files(tmp_path, uri)
    path = open_function(request_for(source, files=files, model_config=config))
    directory = {"model_directory_path": str(tmp_path)}
    assert json.loads(path.function.config) == {**config, **directory}
    close_function(path)


def test_context_variables_of_open_are_those_of_predict(request_for):
    """decimal, numpy and others keep settings there; each call may be in another thread."""
    source = """
        import decimal
        from pyflink_ml_embedded import PredictFunction
        decimal.getcontext().prec = 7

        class Model(PredictFunction):
            def open(self, context):
                decimal.getcontext().rounding = decimal.ROUND_UP
            def predict(self, data):
                assert decimal.getcontext().rounding == decimal.ROUND_UP
                return [decimal.getcontext().prec]
    """
    path = open_function(request_for(source))
    assert path(Row(1.0)) == [Row(score=7.0)]
    close_function(path)
    assert decimal.getcontext().prec == 28
    assert decimal.getcontext().rounding == decimal.ROUND_HALF_EVEN


VECTOR = """
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    array_format = {array_format!r}

    def predict(self, data):
        return [type(data.v).__module__]
"""


@pytest.mark.parametrize(("array_format", "module"), [("list", "builtins"), ("numpy", "numpy")])
def test_class_decides_how_arrays_arrive(request_for, array_format, module):
    """Most libraries cannot use a list as a vector."""
    source = VECTOR.format(array_format=array_format)
    path = open_function(request_for(source, "v ARRAY<FLOAT>", "module STRING"))
    assert path(Row([0.5])) == [Row(module=module)]
    close_function(path)


def test_unknown_array_format_fails_at_open(request_for):
    """The job must not start with it."""
    source = VECTOR.format(array_format="nummpy")
    message = r"Model.array_format is 'nummpy'; valid are 'list' and 'numpy'"
    with pytest.raises(DescribedError, match=message):
        open_function(request_for(source, "v ARRAY<FLOAT>", "module STRING"))


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("raise ValueError('no weights')", "open failed with ValueError: no weights"),
        ("import sys; sys.exit(3)", r"sys.exit\(\) was called in open"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt was raised in open"),
    ],
)
@pytest.mark.parametrize("where", ["module", "__init__", "set_model_config", "open"])
def test_failure_at_any_step_is_described(request_for, statement, text, where):
    """Native code gets the finished text, and nothing that keeps the model."""
    source = statement + "\n"
    if where != "module":
        source = MODEL + f"    def {where}(self, *args):\n        {statement}\n"
    with pytest.raises(DescribedError, match=f"^model 'catalog.db.fraud': {text}") as caught:
        open_function(request_for(source))
    assert caught.value.__context__ is caught.value.__cause__ is None
    assert statement in str(caught.value)


def test_close_is_called_after_a_failed_open(request_for):
    """open may have started threads; an error of close would hide the one of open."""
    source = MODEL + (
        "    def open(self, context):\n        print('opened')\n        1 / 0\n"
        "    def close(self):\n        import sys\n        sys.closed = True\n        [][0]\n"
    )
    with pytest.raises(DescribedError, match="open failed with ZeroDivisionError") as caught:
        open_function(request_for(source))
    assert "IndexError" not in str(caught.value)
    assert sys.closed
    del sys.closed


def test_unsupported_column_fails_in_open(request_for):
    """The factory has refused it already; native code must not trust that."""
    column = {**described(INPUT)[0], "arrow": "+l"}
    request = {**json.loads(request_for()), "inputs": [column]}
    with pytest.raises(DescribedError, match="open failed with ValueError"):
        open_function(json.dumps(request))


def test_failed_close_is_described_and_frees_all(request_for):
    """The job has ended, so that close is not called again."""
    source = MODEL + "    def close(self):\n        raise OSError('disk full')\n"
    path = open_function(request_for(source))
    function = weakref.ref(path.function)
    modules = len(sys.modules)
    with pytest.raises(DescribedError, match=r"^model 'catalog.db.fraud': close failed with OSErr"):
        close_function(path)
    assert function() is None
    assert len(sys.modules) < modules


def test_model_in_a_reference_cycle_is_freed_by_close(request_for):
    """Without a collection, 40 opens of a 28 MB model took 1 GB."""
    source = MODEL + "    def __init__(self):\n        self.me = self\n"
    path = open_function(request_for(source))
    function = weakref.ref(path.function)
    gc.disable()
    try:
        close_function(path)
        assert function() is None
    finally:
        gc.enable()


@pytest.mark.parametrize("fails", [False, True])
def test_repeated_opens_leave_no_object(request_for, fails):
    """A TaskManager lives for months."""
    source = MODEL.replace(
        "self.calls = ['open']", "self.calls = ['open']\n        " + "1 / 0" * fails
    )
    request = request_for(source + "    def __init__(self):\n        self.me = self\n")

    def objects():
        for _ in range(4):
            if fails:
                with pytest.raises(DescribedError):
                    open_function(request)
            else:
                path = open_function(request)
                path(Row(1.0))
                close_function(path)
        gc.collect()
        return len(gc.get_objects()), len(sys.modules)

    objects()
    rounds = [objects() for _ in range(4)]
    # A leak grows in each round. A thread of pytest-xdist may hold an object more in one of them.
    for counts in zip(*rounds, strict=True):
        assert any(after <= before for before, after in pairwise(counts)), rounds
