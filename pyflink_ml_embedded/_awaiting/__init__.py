# SPDX-License-Identifier: Apache-2.0
"""Functions whose methods are ``async def``: their event loop, and the calls that await in it."""
