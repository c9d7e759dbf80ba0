# SPDX-License-Identifier: Apache-2.0
"""The task that labels an image."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Sequence
from typing import Any

import transformers

from ..._exceptions import ConversionError, ModelError
from ..._properties import optional_integer
from ._columns import BYTES, Parameter, map_ranking
from ._directory import ModelDirectory
from ._model import LoadedModel, LoadOptions, Shared, first_line, load_model, needs_trust
from ._task import Setup, Task, Values

# Other formats of Pillow start programs, or are for files that nobody classifies.
_FORMATS = ("BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")


class ImageClassification(Task):
    """Labels the bytes of an image file."""

    parameters = (Parameter("image", BYTES),)
    properties = ("top-k",)
    limits = ()
    takes_empty = True
    auto_class = "AutoModelForImageClassification"
    architectures = ("ForImageClassification",)

    @classmethod
    def load(cls, directory: ModelDirectory, options: LoadOptions, shared: Shared) -> LoadedModel:
        """Loads the model, and its image processor.

        Raises:
            ModelError: a package or file is missing or damaged, or an option does not fit.
        """
        if importlib.util.find_spec("PIL") is None:
            raise ModelError(
                "Pillow is not installed, which decodes images: pip install 'pillow>=10'"
            )
        path = directory.transformer
        try:
            processor = transformers.AutoImageProcessor.from_pretrained(
                path, local_files_only=True, trust_remote_code=options.trust_remote_code
            )
        except Exception as error:
            if not options.trust_remote_code and "trust_remote_code" in str(error):
                raise needs_trust(path) from error
            raise ModelError(
                f"cannot load the image processor in '{path}': {first_line(error)}. Save it with "
                "save_pretrained of the image processor"
            ) from error
        model = shared(
            "transformers", lambda: load_model(directory, cls.auto_class, cls.unused, options)
        )
        return LoadedModel(model, processor, None)

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        model = setup.loaded.model
        self._column = setup.inputs[0]
        labels = list(model.config.id2label.values())
        top_k = optional_integer(setup.properties, "top-k", 1)
        self._row = map_ranking(setup.outputs, labels, "image-classification", top_k)
        self._count = len(labels)
        self._pipeline = transformers.ImageClassificationPipeline(
            model=model, image_processor=setup.loaded.tokenizer, device=model.device
        )
        self.sample = (_sample_image(),)

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each image."""
        images = [self._read(data) for (data,) in inputs]
        results = self._pipeline(images, batch_size=len(images), top_k=self._count)
        return [
            [self._row([(found["label"], found["score"]) for found in result])]
            for result in results
        ]

    def _read(self, data: bytes) -> Any:
        """Returns the decoded image. Raises ConversionError."""
        from PIL import Image, UnidentifiedImageError

        try:
            image = Image.open(io.BytesIO(data), formats=_FORMATS)
            most = Image.MAX_IMAGE_PIXELS
            pixels = image.width * image.height
            if most is None or pixels <= most:
                image.load()
                return image
        except UnidentifiedImageError as error:
            raise ConversionError(
                f"the {len(data)} bytes are not an image in one of the formats "
                f"{', '.join(_FORMATS)}",
                self._column,
            ) from error
        except (
            Image.DecompressionBombError,
            Image.DecompressionBombWarning,
            OSError,
            SyntaxError,
            ValueError,
        ) as error:
            raise ConversionError(
                f"Pillow cannot decode the image: {first_line(error)}", self._column
            ) from error
        raise ConversionError(
            f"the image has {pixels} pixels; Pillow's limit MAX_IMAGE_PIXELS is {most}",
            self._column,
        )


def _sample_image() -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()
