# SPDX-License-Identifier: Apache-2.0
"""Mixed jobs on a cluster for a long time while faults are injected; run by `make soak`."""
