"""The package subvectors wants a newer Python than the oldest that this project runs on."""

from __future__ import annotations

import sys

collect_ignore = ["test_subvectors.py"] if sys.version_info < (3, 11) else []
