# SPDX-License-Identifier: Apache-2.0
"""The text for a module that is missing says what to do."""

import importlib
import sys

import pytest

from pyflink_ml_embedded._runtime.describe import describe_step
from pyflink_ml_embedded._runtime.private_modules import PrivateModules

RULE = (
    "'{}' has 'features', which pickle and importlib find in open only: load the pickle in open, or"
    " write 'import features' (docs/many-models.md, imports in predict)"
)


def text_of(module):
    """Returns the first line of the text for an import in ``open``."""
    with pytest.raises(ModuleNotFoundError) as caught:
        importlib.import_module(module)
    return describe_step(caught.value, "fraud", "open").splitlines()[0]


def test_package_is_installed_with_the_python_of_the_model():
    """A host has many interpreters, and pip's default is rarely the right one."""
    assert text_of("not_installed").startswith(
        "model 'fraud': open failed with ModuleNotFoundError: No module named 'not_installed'; "
        f"install it on every TaskManager: {sys.executable} -m pip install not_installed ("
    )


def test_package_with_another_name_than_its_module_is_named():
    """``pip install sklearn`` fails."""
    error = ModuleNotFoundError("No module named 'sklearn'", name="sklearn")
    assert "pip install scikit-learn (" in describe_step(error, "fraud", "open")


def test_module_that_an_installed_package_lacks_is_not_installed_by_pip():
    """Another version of the package has it, or a file is missing."""
    assert text_of("json.absent").endswith(
        "'json' exists without 'absent': install another version of it for "
        f"'{sys.executable}', or add the file"
    )


def test_module_of_the_model_directory_is_not_searched_elsewhere(tmp_path):
    """An unpickler that runs in ``predict`` cannot see the modules of the directory."""
    (tmp_path / "features.py").touch()
    modules = PrivateModules.of(str(tmp_path))
    try:
        assert text_of("features").endswith(RULE.format(tmp_path))
    finally:
        modules.release()


def test_pickle_that_code_of_the_directory_loads_too_late_has_the_same_advice(tmp_path):
    """pickle then raises a KeyError, because the ``__import__`` of this code finds the module."""
    (tmp_path / "features.py").write_text("class Scaler: pass\n")
    (tmp_path / "model.py").write_text("import pickle\nload = pickle.loads\n")
    modules = PrivateModules.of(str(tmp_path))
    try:
        model = importlib.import_module(modules.private_name("model"))
        exec("def predict():\n    load(b'cfeatures\\nScaler\\n.')", vars(model))
        with pytest.raises(KeyError) as caught:
            model.predict()
        text = describe_step(caught.value, "fraud", "predict").splitlines()[0]
        assert text.endswith(
            f"KeyError: 'features'; if a pickle was loaded: {RULE}".format(tmp_path)
        )
    finally:
        modules.release()


def test_other_key_error_has_no_advice():
    """Most are of dicts."""
    for error in (KeyError("features"), KeyError(1), KeyError()):
        assert ";" not in describe_step(error, "fraud", "predict").splitlines()[0]


def test_error_without_a_name_has_no_advice():
    """Code may raise the exception itself."""
    error = ModuleNotFoundError("no GPU")
    text = describe_step(error, "fraud", "open").splitlines()[0]
    assert text == "model 'fraud': open failed with ModuleNotFoundError: no GPU"
