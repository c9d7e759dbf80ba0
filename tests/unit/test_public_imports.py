"""What a model directory brings along is found by pickle too, and by nobody else."""

import importlib
import json
import subprocess
import sys
import textwrap
import threading

import cloudpickle
import pytest

from pyflink_ml_embedded._runtime import close_function, open_function

COLUMNS = [{"name": "x", "type": "STRING", "nullable": True, "arrow": "u"}]
MODEL = """
import importlib
import pickle
from pathlib import Path
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    def open(self, context):
        self.thing = {thing}

    def predict(self, data):
        return [self.thing.name()]
"""
UNPICKLED = "pickle.loads(Path(self.model_directory, 'thing.pkl').read_bytes())"


@pytest.fixture
def opened(tmp_path):
    """Returns a function that writes files, opens a model of them, and closes it after the test."""
    paths = []

    def opened(directory, files):
        root = tmp_path / directory
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(
                text if isinstance(text, bytes) else textwrap.dedent(text).encode()
            )
        request = {
            "model": directory,
            "python_class": "model.Model",
            "model_config": json.dumps({"model_directory_path": str(root)}),
            "input": COLUMNS,
            "output": COLUMNS,
            "subtask_index": 0,
            "parallelism": 1,
            "batch_size": 0,
        }
        paths.append(open_function(json.dumps(request)))
        return paths[-1]

    yield opened
    for path in paths:
        close_function(path)


@pytest.fixture
def pickled(tmp_path):
    """Returns a function that pickles an instance of a class in a file, in another process."""

    def pickled(files, statement):
        root = tmp_path / "pickling"
        root.mkdir()
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(textwrap.dedent(text))
        source = f"import cloudpickle, pickle, sys\n{textwrap.dedent(statement)}"
        done = subprocess.run(
            [sys.executable, "-c", source], cwd=root, capture_output=True, check=True, timeout=60
        )
        return done.stdout

    return pickled


def only(path):
    """Returns the one value of the one row that is predicted."""
    (row,) = path(("",))
    return row.x


def thing(name):
    """Returns a module with a class whose instances know a name."""
    return f"class Thing:\n    def name(self):\n        return '{name}'\n"


@pytest.mark.parametrize("folder", ["", "code/", "lib/"])
def test_models_with_the_same_names_import_their_own(opened, folder):
    """At the top of a file, inside of predict, and in packages with relative imports."""
    model = """
        from pyflink_ml_embedded import PredictFunction
        import helper
        from pkg.deep import VALUE

        class Model(PredictFunction):
            def predict(self, data):
                import helper as late
                import pkg.deep
                return [helper.VALUE + late.VALUE + VALUE + pkg.deep.VALUE]
    """
    paths = [
        opened(
            name,
            {
                "model.py": model,
                f"{folder}helper.py": f"VALUE = '{name}'",
                f"{folder}pkg/__init__.py": "",
                f"{folder}pkg/deep.py": "from .other import VALUE",
                f"{folder}pkg/other.py": f"VALUE = '{name}'",
            },
        )
        for name in ("a", "b")
    ]
    assert [only(path) for path in paths] == ["aaaa", "bbbb"]
    assert not {"helper", "pkg", "pkg.deep", "model"} & sys.modules.keys()


def test_directory_comes_before_code_and_lib(opened):
    """The model's own file is the one that was meant."""
    files = {"helper.py": thing("own"), "code/helper.py": "", "lib/helper.py": ""}
    files["model.py"] = "import helper\n" + MODEL.format(thing="helper.Thing()")
    assert only(opened("a", files)) == "own"


@pytest.mark.parametrize("folder", ["", "code/", "lib/"])
def test_pickle_finds_the_classes_of_its_directory(opened, pickled, folder):
    """A scikit-learn pipeline with a transformer of the user's own is the common case."""
    data = pickled(
        {"pkg/things.py": thing("any"), "pkg/__init__.py": ""},
        "import pkg.things\nsys.stdout.buffer.write(pickle.dumps(pkg.things.Thing()))",
    )
    paths = [
        opened(
            name,
            {
                "model.py": MODEL.format(thing=UNPICKLED),
                f"{folder}pkg/__init__.py": "",
                f"{folder}pkg/things.py": thing(name),
                "thing.pkl": data,
            },
        )
        for name in ("a", "b")
    ]
    assert [only(path) for path in paths] == ["a", "b"]
    assert not {"pkg", "pkg.things"} & sys.modules.keys()


def test_function_that_was_pickled_by_value_finds_its_directory_later(opened, pickled):
    """So MLflow saves a PythonModel of a notebook, which imports its code_paths in predict."""
    data = pickled(
        {},
        """
        class Thing:
            def name(self):
                import helper
                import pkg.deep
                return helper.NAME + pkg.deep.NAME
        sys.stdout.buffer.write(cloudpickle.dumps(Thing()))
        """,
    )
    paths = [
        opened(
            name,
            {
                "model.py": MODEL.format(thing=UNPICKLED),
                "code/helper.py": f"NAME = '{name}'",
                "code/pkg/deep.py": f"NAME = '{name}'",
                "thing.pkl": data,
            },
        )
        for name in ("a", "b")
    ]
    assert [only(path) for path in paths] == ["aa", "bb"]


def test_import_module_finds_the_directory_in_open(opened):
    """Frameworks with plug-ins import by name so."""
    name = "importlib.import_module('pkg.things').Thing()"
    path = opened("a", {"model.py": MODEL.format(thing=name), "pkg/things.py": thing("a")})
    assert only(path) == "a"


def test_other_threads_do_not_see_a_model_that_is_being_opened(opened):
    """They may import a library of that name, or test whether there is one."""
    seen = []

    def look():
        try:
            importlib.import_module("helper_of_a")
        except ModuleNotFoundError as error:
            seen.append(error.name)

    importlib.look_from_other_thread = lambda: threading_run(look)
    try:
        model = MODEL.format(thing="importlib.import_module('helper_of_a').Thing()")
        model = model.replace("self.thing =", "importlib.look_from_other_thread(); self.thing =")
        opened("a", {"model.py": model, "helper_of_a.py": thing("a")})
    finally:
        del importlib.look_from_other_thread
    assert seen == ["helper_of_a"]


def threading_run(target):
    """Runs a function to its end in another thread."""
    thread = threading.Thread(target=target)
    thread.start()
    thread.join(10)


def test_installed_module_that_is_in_use_keeps_its_name(opened, pickled):
    """A model's own json must not be what the rest of the process unpickles."""
    files = {"model.py": MODEL.format(thing="importlib.import_module('json')")}
    path = opened("a", {**files, "json.py": thing("a")})
    assert path.function.thing is json


def test_what_a_model_adds_to_the_path_is_gone_after_open(opened, tmp_path):
    """mlflow.pyfunc.load_model puts the model's code there, and leaves it."""
    model = "import sys\n" + MODEL.format(
        thing="sys.path.insert(0, self.model_directory + '/code')"
    )
    before = list(sys.path)
    opened("a", {"model.py": model, "code/helper.py": ""})
    assert sys.path == before
    assert not [path for path in sys.path_importer_cache if path.startswith(str(tmp_path))]


def test_failed_open_leaves_nothing_public(opened):
    """A restarting job would leave more each time."""
    opened("first", {"model.py": MODEL.format(thing="None")})  # puts the one finder there
    finders = list(sys.meta_path)
    builtins = cloudpickle.cloudpickle.__builtins__
    model = "import helper\n" + MODEL.format(thing="importlib.import_module('helper').absent")
    with pytest.raises(Exception, match="absent"):
        opened("a", {"model.py": model, "helper.py": ""})
    assert "helper" not in sys.modules
    assert sys.meta_path == finders
    assert cloudpickle.cloudpickle.__builtins__ is builtins
