# SPDX-License-Identifier: Apache-2.0
"""Jobs on a real cluster under faults, against the exact truth; run by `make test-faults`."""
