# SPDX-License-Identifier: Apache-2.0
"""Model files are found by their content, and damaged ones are refused."""

import pytest

from pyflink_ml_embedded._exceptions import ModelError
from pyflink_ml_embedded._runtime.formats import find_class

from .models import open_trees, train_lightgbm, train_xgboost

TREES = "pyflink_ml_embedded.models.trees.TreesPredictFunction"
FILES = [
    (train_lightgbm, "model.txt"),
    (train_lightgbm, "model.lgb"),
    (train_xgboost, "model.json"),
    (train_xgboost, "model.ubj"),
]


@pytest.mark.parametrize(("train", "name"), FILES)
def test_file_chooses_the_class(tmp_path, train, name):
    """Names do not matter, and other files may be beside it."""
    train(tmp_path / name)
    (tmp_path / "README.txt").write_text("a tree of versions")
    (tmp_path / "schema.json").write_text('{"version": "1.0", "learner": "me"}')
    (tmp_path / "empty").touch()
    assert find_class(str(tmp_path)) == TREES
    open_trees(tmp_path)


def test_onnx_file_beside_it_is_refused(tmp_path):
    """Which one to run is the user's decision."""
    train_lightgbm(tmp_path / "model.txt")
    (tmp_path / "model.onnx").touch()
    with pytest.raises(ModelError, match=r"'model.txt' .LightGBM.: set the option 'python-predict"):
        find_class(str(tmp_path))


def test_one_of_several_files_is_chosen_by_its_name(tmp_path):
    """They may be of two libraries."""
    train_lightgbm(tmp_path / "a.txt")
    train_xgboost(tmp_path / "b.json")
    has = r"has: a.txt \(LightGBM\), b.json \(XGBoost\)"
    assert find_class(str(tmp_path)) == TREES
    with pytest.raises(ModelError, match=f"{has}. Set the option 'properties.model-file'"):
        open_trees(tmp_path)
    with pytest.raises(ModelError, match=f"'c.json', which does not exist; .*{has}"):
        open_trees(tmp_path, model_file="c.json")
    open_trees(tmp_path, model_file="b.json")


def test_other_files_are_refused(tmp_path):
    """The user has saved the model in another form."""
    (tmp_path / "dump.json").write_text('[{"nodeid": 0, "leaf": 1}]')
    with pytest.raises(ModelError, match=r"no model file of LightGBM or XGBoost. Save the model"):
        open_trees(tmp_path)
    with pytest.raises(ModelError, match=r"'dump.json', which is not a model file of LightGBM"):
        open_trees(tmp_path, model_file="dump.json")


@pytest.mark.parametrize(("train", "name"), FILES)
@pytest.mark.parametrize("part", [0.1, 0.5, 0.8])
def test_truncated_file_is_refused(tmp_path, train, name, part):
    """LightGBM itself ends the process, and with it the TaskManager."""
    path = tmp_path / name
    train(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(ModelError, match=rf"{name}.*copy it to the directory again"):
        open_trees(tmp_path)


def test_unknown_property_is_refused(tmp_path):
    """A typing error would be without effect."""
    train_lightgbm(tmp_path / "model.txt")
    with pytest.raises(ModelError, match=r"'properties.thread'; TreesPredictFunction supports"):
        open_trees(tmp_path, thread="2")
