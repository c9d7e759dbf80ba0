# SPDX-License-Identifier: Apache-2.0
"""MLflow models are loaded in isolation, shared, without MLflow, and from damaged files."""

import json
import logging
import subprocess
import sys
import textwrap
import threading

import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from mlflow.types import ColSpec, TensorSpec
from sklearn import __version__ as sklearn_version

from pyflink_ml_embedded import PredictContext, Schema
from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._runtime.formats import find_class
from pyflink_ml_embedded._runtime.loader import load_class
from pyflink_ml_embedded._runtime.open import close_function, open_function
from pyflink_ml_embedded.models.mlflow import MlflowPredictFunction

from ..requests import make_request
from .models import IRIS_INPUT, Echo, opened, predicted, save_python, save_sklearn

LOADER = """
import os

def _load_pyfunc(path):
    import helper

    with open(os.path.join(path, "weights.txt")) as file:
        return Model(float(file.read()), helper.offset())


class Model:
    def __init__(self, weight, offset):
        self.weight, self.offset = weight, offset

    def predict(self, frame):
        import late

        return frame["x"] * self.weight + self.offset + late.more()
"""


def write_old_layout(path, weight=2, offset=0.5, more=0):
    """Writes a model with a custom loader module, as MLflow's documentation calls it."""
    (path / "code").mkdir(parents=True)
    (path / "data").mkdir()
    (path / "code" / "loader.py").write_text(LOADER)
    (path / "code" / "helper.py").write_text(f"def offset():\n    return {offset}\n")
    (path / "code" / "late.py").write_text(f"def more():\n    return {more}\n")
    (path / "data" / "weights.txt").write_text(str(weight))
    (path / "MLmodel").write_text(
        "flavors:\n"
        "  python_function:\n"
        "    code: code\n"
        "    data: data\n"
        "    loader_module: loader\n"
        "utc_time_created: '2019-01-01 00:00:00'\n"
    )


def test_models_with_modules_of_the_same_names_have_their_own(tmp_path):
    """This includes modules that are imported only when a row is predicted."""
    for number, more in enumerate((10, 20)):
        write_old_layout(tmp_path / str(number), 2 + number, 0.5, more)
    before = (set(sys.modules), list(sys.path))
    models = [open_function(make_request(tmp_path / n, "x DOUBLE", "y DOUBLE")) for n in "01"]
    assert [tuple(*model((1.0,))) for model in models] == [(12.5,), (23.5,)]
    assert not {"loader", "helper", "late"} & (set(sys.modules) - before[0])
    assert sys.path == before[1]
    for model in models:
        close_function(model)


def test_python_models_with_code_of_the_same_names_have_their_own(tmp_path):
    """MLflow adds their code to sys.path, where the first model's module would win."""
    for number in (1, 2):
        source = tmp_path / f"source{number}"
        source.mkdir()
        (source / "helper_of_model.py").write_text(f"NUMBER = {number}\n")

        def compute(data, _):
            import helper_of_model

            return data["x"] * helper_of_model.NUMBER

        path = tmp_path / str(number)
        code = [str(source / "helper_of_model.py")]
        save_python(path, Echo(compute), [ColSpec("double", "x")], code_paths=code)
    models = [open_function(make_request(tmp_path / n, "x DOUBLE", "y DOUBLE")) for n in "12"]
    assert [tuple(*model((3.0,))) for model in models] == [(3.0,), (6.0,)]
    assert "helper_of_model" not in sys.modules
    for model in models:
        close_function(model)


SCRIPT = """
import mlflow
from mlflow.models import set_model


class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        import helper_of_script

        return model_input["x"] * helper_of_script.NUMBER


set_model(Model())
"""


def test_script_may_import_its_modules_when_it_predicts(tmp_path):
    """Models from code often do, and two of them may have modules of the same names."""
    for number in (1, 2):
        source = tmp_path / f"source{number}"
        source.mkdir()
        (source / "helper_of_script.py").write_text(f"NUMBER = {number}\n")
        (source / "script.py").write_text(SCRIPT)
        save_python(
            tmp_path / str(number),
            str(source / "script.py"),
            [ColSpec("double", "x")],
            code_paths=[str(source / "helper_of_script.py")],
        )
    models = [open_function(make_request(tmp_path / n, "x DOUBLE", "y DOUBLE")) for n in "12"]
    assert [tuple(*model((3.0,))) for model in models] == [(3.0,), (6.0,)]
    assert "helper_of_script" not in sys.modules
    for model in models:
        close_function(model)


def test_loader_may_have_its_old_name(tmp_path):
    """Before MLflow 1.0 it had no underscore."""
    write_old_layout(tmp_path / "m")
    loader = tmp_path / "m" / "code" / "loader.py"
    loader.write_text(LOADER.replace("_load_pyfunc", "load_pyfunc"))
    model = open_function(make_request(tmp_path / "m", "x DOUBLE", "y DOUBLE"))
    assert tuple(*model((1.0,))) == (2.5,)
    close_function(model)


def test_class_is_found_by_the_file(iris_directory):
    """CREATE MODEL needs no option for it."""
    found = load_class(find_class(str(iris_directory)), None)
    assert found is MlflowPredictFunction


WITHOUT_MLFLOW = """
import json, sys

sys.modules["mlflow"] = None
from pyflink_ml_embedded import PredictContext, Row, Schema
from pyflink_ml_embedded.models.mlflow import MlflowPredictFunction

directory, inputs, outputs, rows = json.loads(sys.argv[1])
function = MlflowPredictFunction()
context = PredictContext("m", directory, {}, Schema.parse(inputs), Schema.parse(outputs), 0, 1)
try:
    function.open(context)
    print(json.dumps([list(function.predict(Row(*row))[0]) for row in rows]))
except Exception as error:
    print(json.dumps(str(error)))
"""


def without_mlflow(*arguments):
    """Returns the results, or the error, of a process without MLflow."""
    command = [sys.executable, "-c", WITHOUT_MLFLOW, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_scikit_learn_needs_no_mlflow(iris, iris_directory):
    """A TaskManager without MLflow has fewer packages, and starts faster."""
    rows = iris[0].to_numpy().tolist()[::10]
    given = without_mlflow(str(iris_directory), IRIS_INPUT, "label BIGINT", rows)
    assert given == [[label] for label in iris[1].predict(iris[0])[::10].tolist()]


def test_loader_module_needs_no_mlflow(tmp_path):
    """Such models are loaded by their own code."""
    write_old_layout(tmp_path / "m")
    expected = mlflow.pyfunc.load_model(str(tmp_path / "m")).predict(
        pd.DataFrame({"x": [1.0, 4.0]})
    )
    for name in ("loader", "helper", "late"):
        sys.modules.pop(name, None)
    sys.path.remove(str(tmp_path / "m" / "code"))
    rows = [[1.0], [4.0]]
    given = without_mlflow(str(tmp_path / "m"), "x DOUBLE", "y DOUBLE", rows)
    assert given == [[value] for value in expected]


@pytest.mark.parametrize("argument", ["params=None", "**params", ""])
def test_loader_module_gets_params_where_it_takes_them(tmp_path, argument):
    """The rule is that of MLflow."""
    write_old_layout(tmp_path / "m")
    shown = "params" if argument else "None"
    (tmp_path / "m" / "code" / "loader.py").write_text(
        "class Model:\n"
        f"    def predict(self, frame, {argument}):\n"
        f"        return [str({shown})] * len(frame)\n\n\n"
        "def _load_pyfunc(path):\n"
        "    return Model()\n"
    )
    params = '[{"name": "p", "type": "long", "default": 3, "shape": null}]'
    with open(tmp_path / "m" / "MLmodel", "a") as file:
        file.write(f"signature:\n  params: '{params}'\n")
    model = open_function(make_request(tmp_path / "m", "x DOUBLE", "y STRING"))
    expected = {"params=None": "{'p': 3}", "**params": "{}", "": "None"}[argument]
    assert tuple(*model((1.0,))) == (expected,)
    close_function(model)


def test_error_of_missing_mlflow_has_the_install_command(tmp_path):
    """MLflow is an extra of the package."""
    save_python(tmp_path / "m", Echo(lambda data, _: data), [ColSpec("double", "x")])
    error = without_mlflow(str(tmp_path / "m"), "x DOUBLE", "y DOUBLE", [])
    assert "pip install 'pyflink-ml-embedded[mlflow]'" in error


def test_model_of_a_main_module_is_loaded(tmp_path):
    """Models saved in a notebook have a class that is not in a module."""
    script = """
    import os
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    import mlflow.pyfunc

    class Doubled(mlflow.pyfunc.PythonModel):
        def load_context(self, context):
            with open(context.artifacts["factor"]) as file:
                self.factor = float(file.read())

        def predict(self, context, model_input, params=None):
            return model_input["x"] * self.factor

    with open("factor.txt", "w") as file:
        file.write("3.5")
    mlflow.pyfunc.save_model(
        "m", python_model=Doubled(), artifacts={"factor": "factor.txt"}, pip_requirements=[]
    )
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], cwd=tmp_path, check=True, timeout=300
    )
    function = opened(tmp_path / "m", "x DOUBLE", "y DOUBLE")
    assert predicted(function, [(2.0,), (4.0,)]) == [(7.0,), (14.0,)]


def test_model_with_type_hints_gets_its_objects(tmp_path):
    """MLflow infers the signature from the type hint, and creates the objects from the columns."""

    class Hinted(mlflow.pyfunc.PythonModel):
        def predict(self, model_input: list[str]) -> list[int]:
            return [len(text) for text in model_input]

    mlflow.pyfunc.save_model(str(tmp_path / "m"), python_model=Hinted(), pip_requirements=[])
    function = opened(tmp_path / "m", "text STRING", "y BIGINT")
    assert predicted(function, [("abc",), ("",)]) == [(3,), (0,)]


def test_skops_says_what_is_missing(iris, tmp_path, monkeypatch):
    """MLflow 3 saves in this format by default."""
    save_sklearn(tmp_path / "m", iris[1])
    text = (tmp_path / "m" / "MLmodel").read_text()
    text = text.replace("serialization_format: cloudpickle", "serialization_format: skops")
    (tmp_path / "m" / "MLmodel").write_text(text)
    monkeypatch.setitem(sys.modules, "skops", None)
    with pytest.raises(ModelError, match="format of skops, which is not installed: pip install"):
        opened(tmp_path / "m", IRIS_INPUT, "label BIGINT")


def test_forbidden_pickles_are_not_loaded(iris_directory, monkeypatch):
    """MLflow's environment variable for it is respected."""
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    with pytest.raises(ModelError, match="MLFLOW_ALLOW_PICKLE_DESERIALIZATION forbids"):
        opened(iris_directory, IRIS_INPUT, "label BIGINT")


def damaged(source, target, file, content):
    """Copies a model and replaces a file in it; None deletes the file."""
    target.mkdir()
    for path in source.iterdir():
        (target / path.name).write_bytes(path.read_bytes())
    if content is None:
        (target / file).unlink()
    else:
        (target / file).write_bytes(content((target / file).read_bytes()))
    return target


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("MLmodel", lambda data: b"", "MLmodel' is empty or incomplete"),
        ("MLmodel", lambda data: data[:30], "has no flavor 'python_function'"),
        ("MLmodel", lambda data: data[: data.index(b"loader_module")], "no 'loader_module'"),
        ("MLmodel", lambda data: data[: data.index(b'"name": "b"') - 3], "not valid YAML"),
        ("MLmodel", lambda data: data.replace(b'"c"', b"c"), "the inputs of the signature in"),
        ("MLmodel", lambda data: b"\xff\xfe\x00", "not valid YAML"),
        ("MLmodel", None, "has no file 'MLmodel'"),
        ("model.pkl", lambda data: data[: len(data) // 2], "cannot load the model in"),
        ("model.pkl", lambda data: b"", "m': EOFError"),
        ("model.pkl", None, "m': FileNotFoundError"),
    ],
)
def test_damaged_file_is_named(iris_directory, tmp_path, file, content, message):
    """Downloads can be incomplete."""
    directory = damaged(iris_directory, tmp_path / "m", file, content)
    with pytest.raises(ModelError) as caught:
        opened(directory, IRIS_INPUT, "label BIGINT")
    assert message in str(caught.value)
    assert str(directory) in str(caught.value)


def test_missing_directory_is_reported():
    """The option is easily forgotten."""
    with pytest.raises(ModelError, match="'model-directory-path' is not set"):
        MlflowPredictFunction().open(
            PredictContext("m", None, {}, *[Schema.parse("a DOUBLE")] * 2, 0, 1)
        )


def test_other_versions_are_warned_of_once_with_both(iris_directory, tmp_path, caplog):
    """One line must not flood the log."""
    directory = damaged(
        iris_directory,
        tmp_path / "m",
        "requirements.txt",
        lambda data: (
            b"scikit-learn==1.0\nnumpy>=1\nabsent-package==3 # why\nmlflow==1.0\n-r x\n"
            b"other==1; python_version < '3'\n"
        ),
    )
    mlmodel = directory / "MLmodel"
    text = mlmodel.read_text()
    version = ".".join(map(str, sys.version_info[:3]))
    mlmodel.write_text(text.replace(f"python_version: {version}", "python_version: 3.7.1"))
    with caplog.at_level(logging.WARNING, "pyflink_ml_embedded"):
        opened(directory, IRIS_INPUT, "label BIGINT")
    (record,) = [r for r in caplog.records if r.name.startswith("pyflink_ml_embedded")]
    assert record.getMessage().endswith(
        f"Python is {version}, and the model has 3.7.1; scikit-learn is {sklearn_version}, and the "
        "model has ==1.0; absent-package is missing, and the model has absent-package==3; "
        f"mlflow is {mlflow.__version__}, and the model has ==1.0"
    )


def test_equal_versions_are_not_warned_of(iris, tmp_path, caplog):
    """A needless warning would make users ignore it."""
    save_sklearn(tmp_path / "m", iris[1], pip_requirements=None)
    assert "scikit-learn" in (tmp_path / "m" / "requirements.txt").read_text()
    with caplog.at_level(logging.WARNING, "pyflink_ml_embedded"):
        opened(tmp_path / "m", IRIS_INPUT, "label BIGINT")
    assert [r for r in caplog.records if r.name.startswith("pyflink_ml_embedded")] == []


def test_telemetry_is_off_and_loading_asks_no_network(tmp_path):
    """A TaskManager must not send telemetry unless the user enables it."""
    save_python(tmp_path / "m", Echo(lambda data, _: data["x"]), [ColSpec("double", "x")])
    script = f"""
    import os, socket
    os.environ.pop("MLFLOW_DISABLE_TELEMETRY", None)

    def refuse(*arguments):
        os._exit(3)

    socket.socket.connect = socket.getaddrinfo = refuse
    from pyflink_ml_embedded import PredictContext, Row, Schema
    from pyflink_ml_embedded.models.mlflow import MlflowPredictFunction

    function = MlflowPredictFunction()
    schema = Schema.parse("x DOUBLE")
    function.open(PredictContext("m", {str(tmp_path / "m")!r}, {{}}, schema, schema, 0, 1))
    print(function.predict(Row(1.5))[0][0], os.environ["MLFLOW_DISABLE_TELEMETRY"])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "1.5 true\n"), done.stderr


def test_subtasks_share_one_model(tmp_path):
    """The model is loaded once, and threads use it at the same time."""
    save_python(tmp_path / "m", Echo(lambda data, _: data["x"] * 2), [ColSpec("double", "x")])
    asked = make_request(tmp_path / "m", "x DOUBLE", "y DOUBLE")
    models = [open_function(asked), open_function(asked)]
    assert len({id(model.function._runner._calls._predict) for model in models}) == 1
    wrong = []

    def run(model, value):
        for _ in range(200):
            if tuple(*model((value,))) != (value * 2,):
                wrong.append(value)

    threads = [
        threading.Thread(target=run, args=(model, float(number)))
        for number, model in enumerate(models, 1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    for model in models:
        close_function(model)


def test_warm_up_takes_the_saved_example(iris, iris_directory):
    """The model accepts its own example."""
    function = opened(iris_directory, "d DOUBLE, b DOUBLE, a DOUBLE, c DOUBLE", "label BIGINT")
    a, b, c, d = iris[0].to_numpy().tolist()[0]
    assert list(function.warm_up_row()) == [d, b, a, c]


def test_warm_up_row_has_the_size_of_a_tensor(tmp_path):
    """Without an example, an ARRAY of another length would fail."""
    spec = TensorSpec(np.dtype("float32"), (-1, 2, 3))
    save_python(tmp_path / "m", Echo(lambda data, _: data.sum(axis=(1, 2))), [spec])
    asked = make_request(tmp_path / "m", "x ARRAY<FLOAT>", "y DOUBLE", warm_up="require")
    model = open_function(asked)
    assert model.function.warm_up_row() == [[0] * 6]
    close_function(model)
