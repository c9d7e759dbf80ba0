# SPDX-License-Identifier: Apache-2.0
"""Labels of images are those of transformers' own pipeline, and hostile files fail their row."""

import importlib.util
import io
import warnings

import numpy as np
import pytest
import transformers
from PIL import Image

from pyflink_ml_embedded import ConversionError
from pyflink_ml_embedded._exceptions import DescribedError

from .reference import RANKED, ranked
from .tiny_models import save_vit

GENERATOR = np.random.default_rng(3)
IMAGES = [
    Image.fromarray(GENERATOR.integers(0, 255, shape, dtype=np.uint8))
    for shape in ((20, 30, 3), (16, 16, 4), (9, 40))
]


def encode(image, kind="PNG", **arguments):
    """Returns the bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind, **arguments)
    return file.getvalue()


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    """Returns the directory of a classifier of images."""
    directory = tmp_path_factory.mktemp("vit")
    save_vit(directory)
    return directory


@pytest.fixture(scope="module")
def look(vit):
    """Returns transformers' own pipeline."""
    return transformers.pipeline("image-classification", model=str(vit), device="cpu")


@pytest.mark.parametrize("batch_size", [None, 4])
def test_images_are_classified_as_the_pipeline_does(opened, vit, look, batch_size):
    """Files have any size, and any number of channels."""
    path = opened(vit, "photo BYTES", RANKED, batch_size, warm_up="require")
    rows = [[encode(image)] for image in IMAGES]
    given = path.predict_batch(rows) if batch_size else [path(row) for row in rows]
    for (row,), image in zip(given, IMAGES, strict=True):
        label, score, labels, scores = ranked(look(image))
        assert [row[0], row[2]] == [label, labels]
        assert [row[1], *row[3]] == pytest.approx([score, *scores], abs=1e-5)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "TIFF", "WEBP"])
def test_usual_formats_are_read(opened, vit, look, kind):
    """The pipeline reads the same file."""
    data = encode(IMAGES[0], kind)
    (row,) = opened(vit, "image VARBINARY(100000)", "Label STRING, score FLOAT")([data])
    assert row[0] == look(Image.open(io.BytesIO(data)))[0]["label"]


def test_orientation_of_a_photo_is_applied(opened, vit, look):
    """Cameras save the image as the sensor has it, and the orientation beside it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(IMAGES[0], "PNG", exif=exif)
    (row,) = opened(vit, "image BYTES", "cat DOUBLE, dog DOUBLE, bird DOUBLE")([data])
    expected = {one["label"]: one["score"] for one in look(Image.open(io.BytesIO(data)))}
    assert list(row) == pytest.approx([expected[name] for name in ("cat", "dog", "bird")])


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the 0 bytes are not an image in one of the formats BMP, GIF, JPEG"),
        (b"no image", "the 8 bytes are not an image"),
        (encode(IMAGES[0])[:-1000], "Pillow cannot decode the image"),
        (encode(IMAGES[2], "EPS"), "are not an image in one of the formats"),
    ],
)
def test_bytes_that_are_no_image_fail_their_row(opened, vit, data, message):
    """An EPS file would start a program."""
    path = opened(vit, "photo BYTES", "label STRING")
    with pytest.raises(ConversionError, match=message) as raised:
        path([data])
    assert raised.value.column == "photo"


@pytest.mark.parametrize("most", [599, 200])
def test_image_above_the_limit_of_pillow_fails_its_row(opened, vit, monkeypatch, most):
    """A small file can have so many pixels that they do not fit in memory."""
    path = opened(vit, "photo BYTES", "label STRING")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", most)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(ConversionError, match="pixels") as raised:
            path([encode(IMAGES[0])])
    assert raised.value.column == "photo"


def test_null_is_null(opened, vit):
    """One NULL must not affect the other rows of the batch."""
    path = opened(vit, "image BYTES", "label STRING", batch_size=4)
    one, two = path.predict_batch([[None], [encode(IMAGES[0])]])
    assert one[0][0] is None
    assert two[0][0] is not None


@pytest.mark.parametrize(
    ("inputs", "outputs", "properties", "message"),
    [
        ("image STRING", "label STRING", {}, "image-classification takes image BYTES. The task is"),
        ("image BYTES", "lable STRING, score DOUBLE", {}, "the nearest is 'label'"),
        ("image BYTES", "label STRING", {"max_length": "3"}, "unknown option"),
        ("image BYTES", "label STRING", {"truncation": "false"}, "unknown option"),
    ],
)
def test_what_does_not_fit_fails_in_open(opened, vit, inputs, outputs, properties, message):
    """The message has the columns of the task."""
    with pytest.raises(DescribedError, match=message):
        opened(vit, inputs, outputs, **properties)


def test_missing_pillow_is_named(opened, vit, monkeypatch):
    """transformers does not install it."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *args: None if name == "PIL" else found(name, *args),
    )
    with pytest.raises(DescribedError, match=r"Pillow is not installed.*pip install 'pillow"):
        opened(vit, "image BYTES", "label STRING")
