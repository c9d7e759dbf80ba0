# SPDX-License-Identifier: Apache-2.0
"""Jobs in separate JVMs."""
