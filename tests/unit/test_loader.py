# SPDX-License-Identifier: Apache-2.0
"""Classes from model directories: found, isolated from each other, and dropped after use."""

import gc
import json
import os
import sys
import threading
import weakref
from importlib.metadata import PackageNotFoundError

import pytest

import pyflink_ml_embedded
from pyflink_ml_embedded import PredictFunction
from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._runtime import loader
from pyflink_ml_embedded._runtime.private_modules import PrivateModules, public_names

MODEL = """
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    def predict(self, data):
        return {result}
"""


def load_class(python_class, directory):
    """Returns the class, and what releases its modules."""
    if directory is None:
        return loader.load_class(python_class, None), lambda: None
    modules = PrivateModules.of(directory)
    try:
        return loader.load_class(python_class, modules), modules.release
    except BaseException:
        modules.release()
        raise


@pytest.fixture
def load():
    """Returns load_class without its release, which is called after the test."""
    releases = []

    def load(python_class, directory):
        loaded, release = load_class(python_class, directory)
        releases.append(release)
        return loaded

    yield load
    for release in releases:
        release()


def predicted(model_class):
    """Returns what its predict returns for no data."""
    return model_class().predict(None)


def private_modules():
    """Returns the names of the private modules of directories."""
    return {name for name in sys.modules if name.startswith("pyflink_ml_embedded._models.")}


def test_two_directories_with_the_same_modules_do_not_meet(write, load):
    """Two models of one TaskManager may both be called model.py and have a helper.py."""
    model = "import helper\n" + MODEL.format(result="helper.NAME")
    first = write("first", model=model, helper="NAME = 'first'")
    second = write("second", model=model, helper="NAME = 'second'")
    assert predicted(load("model.Model", first)) == "first"
    assert predicted(load("model.Model", second)) == "second"


def test_import_in_predict_finds_the_own_directory(write, load):
    """It runs long after loading, when another directory was the last one loaded."""
    model = MODEL.format(result="__import__('helper').NAME + self.late()") + (
        "\n    def late(self):\n        import helper as late\n        return late.NAME\n"
    )
    first = load("model.Model", write("first", model=model, helper="NAME = 'a'"))
    second = load("model.Model", write("second", model=model, helper="NAME = 'b'"))
    assert (predicted(first), predicted(second)) == ("aa", "bb")


@pytest.mark.parametrize(
    ("statement", "expression"),
    [
        ("import pkg.sub.deep", "pkg.sub.deep.VALUE"),
        ("import pkg.sub.deep as deep", "deep.VALUE"),
        ("from pkg.sub import deep", "deep.VALUE"),
        ("from pkg.sub.deep import VALUE", "VALUE"),
        ("from pkg.sub.deep import *", "VALUE"),
        ("from pkg import relative", "relative.VALUE"),
        ("from . import helper", "helper.VALUE"),
        ("from namespace import part", "part.VALUE"),
        ("import namespace.part", "namespace.part.VALUE"),
        ("import circular_a", "circular_a.VALUE"),
        ("import uses_root", "uses_root.VALUE"),
    ],
)
def test_every_form_of_import_works(write, load, statement, expression):
    """Model code is ordinary Python."""
    directory = write(
        model=f"{statement}\n" + MODEL.format(result=expression),
        helper="VALUE = 1",
        pkg__in____init__="",
        pkg__in__relative="from .sub.deep import VALUE",
        pkg__in__sub__in____init__="from .. import sub\nfrom . import deep",
        pkg__in__sub__in__deep="VALUE = 1",
        namespace__in__part="VALUE = 1",
        circular_a="import circular_b\nVALUE = 1\nassert circular_b.value() == 1",
        circular_b="import circular_a\ndef value():\n    return circular_a.VALUE",
        uses_root="from pkg.sub.deep import VALUE\nimport helper",
    )
    assert predicted(load("model.Model", directory)) == 1


def test_class_in_a_package_is_loaded(write, load):
    """The option takes 'package.module.Class'."""
    directory = write(
        pkg__in____init__="",
        pkg__in__model="from .helper import VALUE\n" + MODEL.format(result="VALUE"),
        pkg__in__helper="VALUE = 1",
    )
    assert predicted(load("pkg.model.Model", directory)) == 1


def test_file_hides_the_standard_library_for_the_model_only(write, load):
    """As in the directory of a script; the rest of the process keeps the real module."""
    directory = write(
        model="import colorsys\n" + MODEL.format(result="colorsys.OWN"), colorsys="OWN = True"
    )
    assert predicted(load("model.Model", directory)) is True
    import colorsys

    assert not hasattr(colorsys, "OWN")


def test_builtin_module_is_not_hidden(write, load):
    """A file sys.py does not hide the module from a script either."""
    directory = write(model="import sys\n" + MODEL.format(result="sys.path"), sys="")
    assert predicted(load("model.Model", directory)) is sys.path


def test_folder_of_files_hides_no_installed_package(write, load):
    """A folder 'json' with data is not a package 'json'."""
    directory = write(model="import json\n" + MODEL.format(result="json.dumps(1)"))
    os.mkdir(os.path.join(directory, "json"))
    assert predicted(load("model.Model", directory)) == "1"


def test_directory_is_on_no_search_path(write, load):
    """Otherwise other models would find the modules."""
    directory = write(model=MODEL.format(result="1"))
    loaded = load("model.Model", directory)
    assert directory not in sys.path
    assert "model" not in sys.modules
    assert public_names(loaded.__module__) == "model"


def test_installed_class_is_loaded(load, tmp_path):
    """The functions for model formats are in this package, not in the directory."""
    name = "pyflink_ml_embedded.models.onnx.OnnxPredictFunction"
    assert load(name, str(tmp_path)) is load(name, None)


def test_module_of_the_package_inside_the_directory_uses_the_real_package(write, load):
    """isinstance must work between the model and this package."""
    loaded = load("model.Model", write(model=MODEL.format(result="1")))
    assert issubclass(loaded, pyflink_ml_embedded.PredictFunction)


def test_directory_by_another_path_shares_its_modules(write, load, tmp_path):
    """A symbolic link, as in many deployments, refers to the same directory."""
    directory = write(model=MODEL.format(result="1"))
    link = tmp_path / "link"
    link.symlink_to(directory)
    assert load("model.Model", directory) is load("model.Model", str(link))


def test_last_release_drops_the_modules(write):
    """A long-lived TaskManager opens and closes many models."""
    before = private_modules()
    directory = write(model="import helper\n" + MODEL.format(result="1"), helper="")
    first, release_first = load_class("model.Model", directory)
    second, release_second = load_class("model.Model", directory)
    dropped = weakref.ref(first)
    assert first is second
    release_first()
    assert len(private_modules() - before) == 3
    release_second()
    assert private_modules() == before
    del first, second
    gc.collect()
    assert dropped() is None


def test_changed_file_is_loaded_again(write):
    """A change within the clock's resolution may keep size and time of the file."""
    for result in ("1", "2", "3"):
        directory = write(model="from helper import VALUE\n" + MODEL.format(result="VALUE"))
        write(helper=f"VALUE = {result}")
        for path in (f"{directory}/helper.py", f"{directory}/model.py"):
            os.utime(path, (1, 1))
        loaded, release = load_class("model.Model", directory)
        assert predicted(loaded) == int(result)
        release()
    assert sorted(os.listdir(directory)) == ["helper.py", "model.py"]


def test_new_file_is_found_after_reload(write):
    """Listings of the directory are not cached."""
    directory = write(
        model="try:\n    import late as found\nexcept ImportError:\n    found = None\n"
    )
    write(base=MODEL.format(result="__import__('model').found is not None"))
    for expected in (False, True):
        loaded, release = load_class("base.Model", directory)
        assert predicted(loaded) is expected
        release()
        write(late="")


def test_failed_load_leaves_nothing(write):
    """A job that restarts on a broken model must not fill the process."""
    before = private_modules()
    directory = write(model="import helper\n1 / 0", helper="")
    with pytest.raises(ZeroDivisionError):
        load_class("model.Model", directory)
    assert private_modules() == before


def test_threads_load_one_module_once(write):
    """Subtasks open at the same time."""
    directory = write(model="import helper\nhelper.COUNT.append(1)\n" + MODEL.format(result="1"))
    write(helper="COUNT = []")
    start = threading.Barrier(8)
    loaded = []

    def load():
        start.wait(60)
        loaded.append(load_class("model.Model", directory))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    classes = {model_class for model_class, _ in loaded}
    module = sys.modules[classes.pop().__module__]
    assert not classes
    assert module.helper.COUNT == [1]
    for _, release in loaded:
        release()


@pytest.mark.parametrize(
    ("python_class", "message"),
    [
        ("Model", "'Model' does not have the form 'module.Class'"),
        ("absent.Model", r"module 'absent' is neither in '.*' \(which has: model, pkg\) nor inst"),
        ("pkg.absent.Model", "module 'pkg.absent' is neither in"),
        ("model.Absent", "'model' has no class 'Absent'; its PredictFunction classes: Model"),
        ("pkg.Absent", "'pkg' has no class 'Absent'; its PredictFunction classes: none"),
        ("model.Other", r"'model.Other' is not a subclass of .*: write 'class Other\(Predict"),
        ("model.VALUE", "'model.VALUE' is not a subclass"),
    ],
)
def test_missing_name_is_reported_with_the_existing_ones(write, python_class, message):
    """The user has a typo in 'python-predict-class'."""
    model = MODEL.format(result="1") + "\nclass Other: pass\nVALUE = 1\n"
    directory = write(model=model, pkg__in____init__="")
    with pytest.raises(ModelError, match=message):
        load_class(python_class, directory)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (
            "class Model(PredictFunction):\n    def predct(self, data): ...",
            "'model.Model' has no method predict; its methods: predct$",
        ),
        (
            "class Model(BatchPredictFunction):\n    def predict(self, data): ...",
            "no method predict_batch; its methods: predict. .* inherits from PredictFunction$",
        ),
        (
            "class Model(PredictFunction):\n    def predict_batch(self, batch): ...",
            "no method predict; .* predict_batch inherits from BatchPredictFunction$",
        ),
    ],
)
def test_class_without_its_method_is_rejected(write, source, message):
    """abc's error says that a class cannot be instantiated, with frames of this package."""
    directory = write(
        model=f"from pyflink_ml_embedded import BatchPredictFunction, PredictFunction\n{source}"
    )
    with pytest.raises(ModelError, match=message):
        load_class("model.Model", directory)


def test_constructor_with_arguments_is_rejected(write, load):
    """The TypeError does not say who calls it; arguments with defaults are valid."""
    source = MODEL.format(result="1") + "\n    def __init__(self, path{default}): ..."
    with pytest.raises(ModelError, match=r"created without arguments.*'path'.*in open instead"):
        load_class("model.Model", write(model=source.format(default="")))
    assert load("model.Model", write(model=source.format(default="=''")))


def test_class_of_the_clients_script_is_rejected(write):
    """In a notebook, this is the name that a class has."""
    message = r"'__main__\.Model' is in the script that the client runs.*'model\.Model'"
    with pytest.raises(ModelError, match=message):
        load_class("__main__.Model", write(model=""))


def test_unreadable_directory_is_named(tmp_path):
    """The path is missing on this host, or is a file."""
    with pytest.raises(ModelError, match=r"'model-directory-path': .*absent.*No such file"):
        load_class("model.Model", str(tmp_path / "absent"))
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="Not a directory"):
        load_class("model.Model", str(tmp_path / "file"))


def test_missing_dependency_of_the_model_keeps_its_own_error(write):
    """The model exists, and a module that it imports is missing."""
    directory = write(model="import not_installed_library")
    with pytest.raises(ModuleNotFoundError, match="No module named 'not_installed_library'"):
        load_class("model.Model", directory)


def test_missing_module_is_named_as_the_model_names_it(write):
    """The private name is not known to users, and code may check the error's name."""
    directory = write(model="import pkg.absent", pkg__in____init__="")
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'pkg\.absent'") as caught:
        load_class("model.Model", directory)
    assert caught.value.name == "pkg.absent"


def test_package_without_metadata_is_an_import_error(write, load):
    """The name of a PackageNotFoundError is read-only; a model may work without the package."""
    model = "try:\n    import pkg\nexcept ImportError as error:\n    found = type(error).__name__\n"
    directory = write(
        model=model + MODEL.format(result="found"),
        pkg__in____init__="import importlib.metadata\nimportlib.metadata.version(__name__)",
    )
    assert predicted(load("model.Model", directory)) == "PackageNotFoundError"
    with pytest.raises(PackageNotFoundError):
        load("pkg.Model", directory)


def test_module_may_raise_a_bare_import_error(write, load):
    """Its message is empty."""
    model = "try:\n    import helper\nexcept ModuleNotFoundError:\n    pass\n"
    directory = write(model=model + MODEL.format(result="1"), helper="raise ModuleNotFoundError")
    assert predicted(load("model.Model", directory)) == 1


def test_code_that_is_made_at_run_time_imports_from_the_directory(write, load):
    """dataclasses and the like call exec with the globals of the module."""
    model = (
        "import dataclasses\n"
        "@dataclasses.dataclass\nclass Point:\n    x: int\n"
        "def late():\n"
        "    names = {}\n    exec('import helper; value = helper.VALUE', names)\n"
        "    return names['value']\n"
    ) + MODEL.format(result="late() + Point(1).x")
    assert predicted(load("model.Model", write(model=model, helper="VALUE = 1"))) == 2


def test_repeated_loads_leave_no_trace(write):
    """Loggers and other named objects must not accumulate with the number of opens."""
    import logging

    model = "import logging\nlog = logging.getLogger(__name__)\n" + MODEL.format(result="1")
    directory = write(model=model)

    def traces():
        gc.collect()
        places = (sys.modules, sys.path_importer_cache, logging.Logger.manager.loggerDict)
        return [len(place) for place in places] + [len(sys.meta_path)]

    counts = []
    for _ in range(3):
        for _ in range(20):
            load_class("model.Model", directory)[1]()
        counts.append(traces())
    assert counts[0] == counts[1] == counts[2], json.dumps(counts)


def test_base_class_is_not_taken_for_a_model(write):
    """``from pyflink_ml_embedded import PredictFunction`` is in every module."""
    directory = write(model="from pyflink_ml_embedded import PredictFunction")
    with pytest.raises(ModelError, match="its PredictFunction classes: none"):
        load_class("model.Absent", directory)
    assert PredictFunction.__module__ == "pyflink_ml_embedded._function"


def test_versions_of_a_model_share_its_numbers(tmp_path):
    """Objects that libraries keep by a module's name must not accumulate with the versions."""
    names = set()
    for version in range(5):
        directory = tmp_path / f"fraud-{version}"
        directory.mkdir()
        modules = PrivateModules.of(str(directory), "s3://models/fraud")
        names.add(modules.private_name("model"))
        modules.release()
    assert len(names) == 1


def test_versions_of_a_model_have_their_own_modules(tmp_path):
    """The old version predicts while the new one is opened."""
    both = [PrivateModules.of(str(tmp_path / name), "fraud") for name in _empty(tmp_path, "ab")]
    assert both[0].private_name("model") != both[1].private_name("model")
    for modules in both:
        modules.release()


def _empty(parent, names):
    for name in names:
        (parent / name).mkdir()
    return names
