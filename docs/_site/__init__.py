# SPDX-License-Identifier: Apache-2.0
"""What turns the pages of this directory into the site, as extensions of Sphinx."""
