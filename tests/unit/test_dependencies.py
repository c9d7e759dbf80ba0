# SPDX-License-Identifier: Apache-2.0
"""Modules, packages and archives that a job brings to its models, which other jobs do not see."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import markupsafe
import pytest
from pyflink.table.udf import FunctionContext

from pyflink_ml_embedded import PredictFunction, Schema
from pyflink_ml_embedded._context import make_model_config
from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._pyflink.worker import open_in_worker
from pyflink_ml_embedded._runtime import open_directories, private_modules
from pyflink_ml_embedded._runtime.open import close_function, open_function
from pyflink_ml_embedded._runtime.private_modules import PrivateModules

from .requests import make_request
from .worker.jvm import Worker

MODEL = """
import importlib, pickle
{imports}
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    def open(self, context):
        self.context = context
        {opening}

    def predict(self, row):
        return [str({result})]
"""


def model(imports="", result="None", opening="pass"):
    """Returns the source of a model."""
    return MODEL.format(imports=imports, result=result, opening=opening)


@pytest.fixture(autouse=True)
def drop_kept():
    """Drops the C code that stays loaded after its last model."""
    yield
    for package, modules in list(private_modules._open.items()):
        if not modules.is_used():
            del private_modules._open[package]
            for name in [name for name in sys.modules if f"{name}.".startswith(f"{package}.")]:
                del sys.modules[name]


@pytest.fixture
def install(write):
    """Returns a function that writes an installed package and returns the directory."""

    def install(directory, name, version="1.0", **files):
        metadata = Path(write(directory, **files), f"{name}-{version}.dist-info", "METADATA")
        metadata.parent.mkdir(parents=True)
        metadata.write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        return str(metadata.parent.parent)

    return install


@pytest.fixture
def install_c(install):
    """Returns a function that installs a copy of markupsafe, which is C code."""

    def install_c(directory, name):
        path = install(directory, name)
        source = Path(markupsafe.__file__).parent
        shutil.copytree(source, f"{path}/{name}", ignore=shutil.ignore_patterns("__pycache__"))
        files = Path(path, name).iterdir()
        record = "".join(f"{name}/{file.name},,\n" for file in files)
        Path(path, f"{name}-1.0.dist-info", "RECORD").write_text(record)
        return path

    return install_c


@pytest.fixture
def opened():
    """Returns a function that opens a model with import paths, and closes it after the test."""
    functions = []

    def opened(directory, *paths, archives=None):
        functions.append(open_function(request_of(directory, paths, archives)))
        return functions[-1]

    yield opened
    for function in functions:
        close_function(function)


def request_of(directory, paths, archives=None):
    """Returns the request to open a model with what its job brings."""
    files = {} if directory else {"files": None}
    return make_request(
        directory,
        "x STRING",
        "x STRING",
        python_class="model.Model",
        dependencies={"import_paths": list(paths), "archives": archives and str(archives)},
        **files,
    )


def only(function):
    """Returns the one value of the one row that is predicted."""
    (row,) = function(("",))
    return row.x


def test_jobs_with_the_same_files_do_not_meet(write, opened):
    """Two jobs of a TaskManager may have two versions of a file."""
    directory = write("model", model=model("import helper", "helper.NAME"))
    before = list(sys.path)
    first = opened(
        directory, write("first", helper="import other\nNAME = other.NAME", other="NAME = 1")
    )
    second = opened(directory, write("second", helper="NAME = 2"))
    assert [only(first), only(second)] == ["1", "2"]
    assert sys.path == before
    assert not {"helper", "other"} & sys.modules.keys()


def test_order_is_model_files_packages_installed(write, install, opened):
    """A model's own file must win, and a file of the job over an installed package."""
    names = ("own", "vendored", "files", "more", "packages", "colorsys")
    own = dict.fromkeys(names[:1], "PLACE = 'model'")
    vendored = {f"lib__in__{name}": "PLACE = 'lib'" for name in names[:2]}
    result = "[" + ", ".join(f"{name}.PLACE" for name in names) + "]"
    directory = write("model", model=model(f"import {', '.join(names)}", result), **own, **vendored)
    files = write("files", **dict.fromkeys(names[:3], "PLACE = 'files'"))
    more = write("more", **dict.fromkeys(names[:4], "PLACE = 'more'"))
    packages = install("packages", "p", **dict.fromkeys(names, "PLACE = 'packages'"))
    function = opened(directory, files, more, packages)
    assert only(function) == "['model', 'lib', 'files', 'more', 'packages', 'packages']"


def test_files_of_a_job_import_each_other(write, opened):
    """Each file is in a directory of its own, as in PyFlink."""
    directory = write("model", model=model("import a", "a.b.c.a.NAME"))
    a = write("a", a="import b\nNAME = 'a'")
    b = write("b", b="import c", c="import a")
    assert only(opened(directory, a, b)) == "a"


def test_class_may_be_in_the_files_of_the_job(write, opened):
    """The job then brings all code, and the model has no directory."""
    files = write("files", model=model(result="self.context.model_directory"))
    assert only(opened(None, files)) == "None"


@pytest.mark.parametrize("folder", ["files", "packages"])
def test_pickle_and_import_module_find_them_in_open(write, install, opened, folder):
    """A pickle names the modules of its classes."""
    thing = "class Thing:\n    pass\n"
    source = write(folder, thing=thing)
    if folder == "packages":
        install(folder, "thing")
    code = "import pickle, sys, thing; sys.stdout.buffer.write(pickle.dumps(thing.Thing()))"
    data = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, check=True)
    opening = (
        f"self.all = [pickle.loads({data.stdout!r}), importlib.import_module('thing').Thing()]"
    )
    directory = write("model", model=model(result="[type(x) for x in self.all]", opening=opening))
    name = only(opened(directory, source))
    assert name.count(".thing.Thing'") == 2
    assert "thing" not in sys.modules


def test_metadata_of_a_package_is_found_in_open(write, install, opened):
    """Packages ask for their own version."""
    opening = "import importlib.metadata; self.version = importlib.metadata.version('asked-for')"
    directory = write("model", model=model(result="self.version", opening=opening))
    assert only(opened(directory, install("packages", "asked_for", "7.1"))) == "7.1"


def test_packages_add_to_an_installed_namespace(write, install, opened):
    """google and azure are namespaces of many packages, of which the interpreter has some."""
    imports = "import google.added.thing, google.protobuf.message\nfrom google import auth"
    result = "(google.added.thing.NAME, google.protobuf.message.__name__, auth.__name__)"
    directory = write("model", model=model(imports, result))
    packages = install("packages", "added", google__in__added__in__thing="NAME = 'added'")
    assert (
        only(opened(directory, packages)) == "('added', 'google.protobuf.message', 'google.auth')"
    )


def test_models_share_packages_and_the_last_one_drops_them(write, install):
    """A job's models all have the same requirements."""
    packages = install("packages", "shared", shared="")
    layers = [PrivateModules.of_imports([packages], None, is_library=True) for _ in range(2)]
    assert layers[0] is layers[1]
    (name, *_) = [layer.private_name("shared") for layer in layers]
    __import__(name)
    layers[0].release()
    assert name in sys.modules
    layers[1].release()
    assert name not in sys.modules


def test_c_code_is_loaded_once(write, install_c):
    """Most C code cannot be loaded a second time, e.g. when a job restarts."""
    opening = "import fastmarkup; self.escape = fastmarkup.escape"
    directory = write("model", model=model(result="self.escape('<')", opening=opening))
    request = request_of(directory, [install_c("packages", "fastmarkup")])
    loaded = set()
    for _ in range(3):
        function = open_function(request)
        assert only(function) == "&lt;"
        close_function(function)
        loaded |= {id(module) for name, module in sys.modules.items() if "fastmarkup" in name}
    assert len(loaded) == 2  # the package and its module in C


def test_second_copy_of_c_code_is_refused(write, install_c, opened):
    """Its two versions would share symbols and types."""
    directory = write("model", model=model("import slowmarkup"))
    opened(directory, install_c("first", "slowmarkup"))
    with pytest.raises(DescribedError) as error:
        opened(directory, install_c("second", "slowmarkup"))
    assert "the package 'slowmarkup' 1.0" in str(error.value)
    assert "another model or an earlier job of this process has another version or copy" in str(
        error.value
    )
    assert "set the option 'execution-mode' to 'process'" in str(error.value)


def test_other_version_of_installed_c_code_is_refused(write, install_c, opened):
    """The TaskManager's own libraries use the installed one."""
    directory = write("model", model=model("import markupsafe"))
    with pytest.raises(DescribedError, match=f"'{sys.executable}' has another version of it"):
        opened(directory, install_c("packages", "markupsafe"))


def test_child_process_imports_the_files_of_the_job(write, monkeypatch):
    """A pool of processes imports the modules of the functions that it gets."""
    monkeypatch.setenv("PYFLINK_ML_EMBEDDED_MODELS", "")
    monkeypatch.setattr(open_directories, "_descriptor", None)
    open_directories.share()
    below = PrivateModules.of_imports([write("files", helper="NAME = 1")], None, is_library=False)
    top = PrivateModules.of(
        write("model", model="import helper\ndef f(): return helper.NAME"), None, below
    )
    try:
        data = pickle.dumps(__import__(top.private_name("model"), fromlist=["f"]).f)
        code = "import pickle, sys; print(pickle.load(sys.stdin.buffer)())"
        child = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True)
        assert child.stdout == b"1\n", child.stderr
    finally:
        top.release()
        below.release()
        os.close(open_directories._descriptor)


def test_model_in_the_jvm_finds_archives_by_the_context(write, opened, tmp_path):
    """The JVM has one working directory for all models."""
    (tmp_path / "archives" / "data").mkdir(parents=True)
    (tmp_path / "archives" / "data" / "table.txt").write_text("content")
    result = "(self.context.archives / 'data' / 'table.txt').read_text()"
    directory = write("model", model=model(result=result))
    before = os.getcwd()
    assert only(opened(directory, archives=tmp_path / "archives")) == "content"
    assert os.getcwd() == before


def test_worker_process_has_what_a_worker_of_pyflink_has(write, install, tmp_path):
    """Any library and any child process finds modules and archives there."""
    archives = tmp_path / "archives"
    archives.mkdir()
    opening = (
        "import os, sys, json, helper, packaged\n"
        "        raise ValueError(json.dumps([helper.__name__, packaged.__name__, os.getcwd(), "
        "str(context.archives), sys.path[:2], os.environ['PYTHONPATH'].split(':')[:2]]))"
    )
    directory = write("model", model=model(opening=opening))
    paths = [write("files", helper=""), install("packages", "packaged", packaged="")]
    with Worker() as worker, pytest.raises(RuntimeError) as error:
        worker.open(request_of(directory, paths, archives))
    expected = f'["helper", "packaged", "{archives}", "{archives}", '
    assert expected in str(error.value)
    both = str(paths).replace("'", '"')
    assert f"{both}, {both}]" in str(error.value)


def test_archives_are_the_working_directory_of_pyflinks_worker(monkeypatch):
    """The same class runs by as_udtf."""

    class Model(PredictFunction):
        def open(self, context):
            self.archives = context.archives

        def predict(self, row):
            return None

    schema = Schema.parse("x STRING")
    config = make_model_config("m.Model", schema, schema, None, {})
    assert (
        open_in_worker(Model, config, FunctionContext(None, {}), "predict").function.archives
        is None
    )
    monkeypatch.setenv("_PYTHON_WORKING_DIR", "/archives")
    opened = open_in_worker(Model, config, FunctionContext(None, {}), "predict")
    assert opened.function.archives == Path("/archives")
