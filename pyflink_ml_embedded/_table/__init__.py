# SPDX-License-Identifier: Apache-2.0
"""Models of PyFlink's Table API: how they are created, found, shown and used."""
