# SPDX-License-Identifier: Apache-2.0
"""What the JVM calls, from starting CPython to opening and closing a function."""
