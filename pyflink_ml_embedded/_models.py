# SPDX-License-Identifier: Apache-2.0
"""The parent of the private packages of models.

Worker processes import it too: a pickled function of a model refers to its module below this one.
"""

from ._runtime.private_modules import install_finder

__path__: list[str] = []

install_finder()
