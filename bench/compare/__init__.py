# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026, the Rouse authors
"""Side-by-side comparison of boot servers, run by scripts/bench."""
