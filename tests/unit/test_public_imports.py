# SPDX-License-Identifier: Apache-2.0
"""pickle finds the modules of a model directory too, and other models do not."""

import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
import textwrap
import threading
from importlib.machinery import PathFinder

import cloudpickle
import pytest

from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

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
        request = make_request(root, "x STRING", "x STRING", python_class="model.Model")
        paths.append(open_function(request))
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
            [sys.executable, "-c", source], cwd=root, capture_output=True, check=True, timeout=300
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
    """Imports are at the top of a file, in predict, and relative in packages."""
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
    """The model's own file has priority."""
    files = {"helper.py": thing("own"), "code/helper.py": "", "lib/helper.py": ""}
    files["model.py"] = "import helper\n" + MODEL.format(thing="helper.Thing()")
    assert only(opened("a", files)) == "own"


@pytest.mark.parametrize("folder", ["", "code/", "lib/"])
def test_pickle_finds_the_classes_of_its_directory(opened, pickled, folder):
    """A scikit-learn pipeline with the user's own transformer is the common case."""
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


def test_model_opens_without_cloudpickle(opened, pickled, monkeypatch):
    """It comes with PyFlink, which the Python of a worker need not have."""
    files = {"things.py": thing("found")}
    files["thing.pkl"] = pickled(
        files, "import things\nsys.stdout.buffer.write(pickle.dumps(things.Thing()))"
    )
    monkeypatch.setitem(sys.modules, "cloudpickle", None)
    files["model.py"] = MODEL.format(thing=UNPICKLED)
    assert only(opened("model", files)) == "found"


def test_function_that_was_pickled_by_value_finds_its_directory_later(opened, pickled):
    """MLflow saves a PythonModel of a notebook so, and its predict may import its code_paths."""
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
    """Frameworks import their plug-ins so."""
    name = "importlib.import_module('pkg.things').Thing()"
    path = opened("a", {"model.py": MODEL.format(thing=name), "pkg/things.py": thing("a")})
    assert only(path) == "a"


def test_other_threads_do_not_see_a_model_that_is_being_opened(opened):
    """They may import a library of that name, or check for one."""
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
    thread.join(60)


def test_installed_module_that_is_in_use_keeps_its_name(opened, pickled):
    """The rest of the process must not unpickle classes of a model's own json."""
    files = {"model.py": MODEL.format(thing="importlib.import_module('json')")}
    path = opened("a", {**files, "json.py": thing("a")})
    assert path.function.thing is json


def test_path_that_a_model_adds_is_removed_after_open(opened, tmp_path):
    """mlflow.pyfunc.load_model puts the model's code there, and leaves it."""
    model = "import sys\n" + MODEL.format(
        thing="sys.path.insert(0, self.model_directory + '/code')"
    )
    before = list(sys.path)
    opened("a", {"model.py": model, "code/helper.py": ""})
    assert sys.path == before
    assert not [path for path in sys.path_importer_cache if path.startswith(str(tmp_path))]


def test_link_that_a_model_adds_to_the_path_is_removed_after_open(opened, tmp_path):
    """Deployments switch versions by a link."""
    model = "import sys\n" + MODEL.format(
        thing="sys.path.insert(0, self.model_directory + '/code')"
    )
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    before = list(sys.path)
    opened("link", {"model.py": model, "code/helper.py": ""})
    assert sys.path == before


def test_path_of_the_process_inside_a_directory_stays(opened, tmp_path, monkeypatch):
    """The directory may be a project with the virtual environment that runs it."""
    monkeypatch.syspath_prepend(tmp_path / "a" / "site-packages")
    before = list(sys.path)
    opened("a", {"model.py": MODEL.format(thing="None"), "site-packages/other.py": ""})
    assert sys.path == before


def test_models_import_their_own_from_what_they_add_to_the_path(opened):
    """Otherwise the second model would silently get the module of the first."""
    model = """
        import sys
        from pathlib import Path
        from pyflink_ml_embedded import PredictFunction
        sys.path.insert(0, str(Path(__file__).parent / "src"))
        import helper

        class Model(PredictFunction):
            def predict(self, data):
                import helper as late
                return [helper.NAME + late.NAME]
    """
    paths = [
        opened(name, {"model.py": model, "src/helper.py": f"NAME = '{name}'"}) for name in "ab"
    ]
    assert [only(path) for path in paths] == ["aa", "bb"]
    assert "helper" not in sys.modules


@pytest.fixture
def colorsys_is_not_imported():
    """Lets an import of the standard library's colorsys search again."""
    module = sys.modules.pop("colorsys", None)
    yield
    if module is not None:
        sys.modules["colorsys"] = module


class SlowFinder:
    """Finds nothing. In another thread it first waits until a model is open."""

    def __init__(self):
        self.asked, self.go_on = threading.Event(), threading.Event()

    def find_spec(self, fullname, path=None, target=None):
        if fullname == "colorsys":
            self.asked.set()
            assert self.go_on.wait(60)


def imported_while_opening(slow, open_model):
    """Returns what a thread imports that began before the end of open and ends after it."""
    found = []
    thread = threading.Thread(target=lambda: found.append(importlib.import_module("colorsys")))

    def begin():
        thread.start()
        assert slow.asked.wait(60)

    importlib.begin_import = begin
    try:
        open_model()
    finally:
        del importlib.begin_import
        slow.go_on.set()
        thread.join(60)
    return found


def test_end_of_open_hides_no_finder_from_other_threads(opened, colorsys_is_not_imported):
    """Imports of installed modules failed occasionally."""
    slow = SlowFinder()
    sys.meta_path.insert(sys.meta_path.index(PathFinder), slow)
    try:
        files = {"model.py": MODEL.format(thing="importlib.begin_import()")}
        found = imported_while_opening(slow, lambda: opened("a", files))
    finally:
        sys.meta_path.remove(slow)
    assert [module.__name__ for module in found] == ["colorsys"]


def test_end_of_open_hides_no_path_from_other_threads(
    opened, colorsys_is_not_imported, monkeypatch
):
    """They go through sys.path when a model's entry is taken from it."""
    slow, library = SlowFinder(), os.path.dirname(os.__file__)
    monkeypatch.setattr(sys, "path", ["slow", library, *(x for x in sys.path if x != library)])
    monkeypatch.setitem(sys.path_importer_cache, "slow", slow)
    thing = "(sys.path.insert(0, self.model_directory + '/code'), importlib.begin_import())"
    files = {"model.py": "import sys\n" + MODEL.format(thing=thing), "code/helper.py": ""}
    found = imported_while_opening(slow, lambda: opened("a", files))
    assert [module.__name__ for module in found] == ["colorsys"]


def test_folder_of_files_hides_no_package_of_the_code(opened):
    """MLflow writes a folder 'data', which is a common name of packages too."""
    model = "import data.things\n" + MODEL.format(thing="data.things.Thing()")
    files = {"model.py": model, "data/model.pth": "", "code/data/__init__.py": ""}
    assert only(opened("a", {**files, "code/data/things.py": thing("code")})) == "code"


def test_package_without_init_has_the_parts_of_all_folders(opened):
    """Vendored packages of one vendor share a namespace, with files that they read."""
    model = """
        import importlib.resources
        import vendor.one, vendor.two
        from pyflink_ml_embedded import PredictFunction

        class Model(PredictFunction):
            def predict(self, data):
                text = importlib.resources.files(vendor).joinpath("text").read_text()
                return [vendor.one.NAME + vendor.two.NAME + text]
    """
    files = {"model.py": model, "code/vendor/one.py": "NAME = 'a'", "lib/vendor/text": "c"}
    assert only(opened("a", {**files, "lib/vendor/two.py": "NAME = 'b'"})) == "abc"


def test_installed_package_gets_no_module_of_a_model(opened):
    """Another version in lib/ may have modules that are missing in the installed one."""
    import wsgiref

    before = set(vars(wsgiref))
    model = "import wsgiref.things\n" + MODEL.format(thing="wsgiref.things.Thing()")
    path = opened(
        "a",
        {"model.py": model, "lib/wsgiref/__init__.py": "", "lib/wsgiref/things.py": thing("lib")},
    )
    assert only(path) == "lib"
    assert set(vars(wsgiref)) == before


def test_object_in_the_place_of_its_module_is_imported(opened):
    """Lazy libraries put one into sys.modules."""
    helper = thing("object") + "import sys\nsys.modules[__name__] = Thing()\n"
    model = "import helper\n" + MODEL.format(thing="importlib.import_module('helper')")
    assert only(opened("a", {"model.py": model, "helper.py": helper})) == "object"


@pytest.mark.parametrize("name", ["__name__", "'vendored'"])
def test_vendored_package_finds_its_own_version(opened, name):
    """Many read it from importlib.metadata when they are imported."""
    model = "import vendored\n" + MODEL.format(thing="vendored.Thing()")
    package = f"import importlib.metadata\nVERSION = importlib.metadata.version({name})\n"
    package += "class Thing:\n    def name(self):\n        return VERSION\n"
    paths = [
        opened(
            version,
            {
                "model.py": model,
                "lib/vendored/__init__.py": package,
                f"lib/vendored-{version}.dist-info/METADATA": f"Version: {version}\n",
            },
        )
        for version in ("1.0", "2.0")
    ]
    assert [only(path) for path in paths] == ["1.0", "2.0"]
    with pytest.raises(importlib.metadata.PackageNotFoundError):
        importlib.metadata.version("vendored")


def test_script_that_is_run_as_a_module_is_dropped_with_its_model(opened):
    """MLflow runs models from code so, with a new name each time."""
    run = """
        import importlib.util
        import sys
        from pyflink_ml_embedded import PredictFunction

        class Model(PredictFunction):
            def open(self, context):
                file = self.model_directory + "/script.py"
                spec = importlib.util.spec_from_file_location("script_in_use", file)
                module = sys.modules["script_in_use"] = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                self.thing = module.Thing()

            def predict(self, data):
                return [self.thing.name()]
    """
    before = set(sys.modules)
    path = opened("a", {"model.py": run, "script.py": thing("a")})
    assert only(path) == "a"
    new = sys.modules.keys() - before
    assert "script_in_use" not in new
    assert sum("script_in_use" in name for name in new) == 1


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
