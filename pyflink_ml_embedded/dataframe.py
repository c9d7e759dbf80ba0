# SPDX-License-Identifier: Apache-2.0
"""Registers models with PyFlink's DataFrame API, which came with PyFlink 2.4."""

from __future__ import annotations

import os

from ._table.options import DIRECTORY, PROVIDER, model_options

try:
    from pyflink.dataframe import ModelProvider
except ImportError as error:
    raise ImportError(
        "pyflink.dataframe.ModelProvider is missing, which came with PyFlink 2.4. Create the model "
        "with pyflink_ml_embedded.table.create_model instead"
    ) from error

__all__ = ["GenericPythonProvider"]


class GenericPythonProvider(ModelProvider):  # type: ignore[misc]
    """The configuration of a model, for ``pyflink.dataframe.set_model_provider``.

    Args:
        directory: the model's directory, as in ``create_model``.
        options: the model's other options, as in ``create_model``.

    Raises:
        TypeError: a value of an option has no text.
        ValueError: an option is given twice.
    """

    def __init__(self, directory: str | os.PathLike[str], **options: object) -> None:
        self._options = model_options(directory, options)
        del self._options["provider"]

    def provider_identifier(self) -> str:
        """Returns ``generic-python``."""
        return PROVIDER

    def to_options(self) -> dict[str, str]:
        """Returns the options as CREATE MODEL has them, in a new dict."""
        return dict(self._options)

    def model_option_key(self) -> str:
        """Returns ``model-directory-path``, the option that says which model it is."""
        return DIRECTORY
