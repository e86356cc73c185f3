"""A baseline: key material that is known, and reported no more.

The file is JSON and holds no secret: a fingerprint each, with kind, key id and the place where it was first seen, for
people.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_identity_cli import private_file
from pipeline_identity_cli.outcome import Stopped
from pipeline_identity_cli.texts import named, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pipeline_identity_cli.scan.leaks import Leak

_FORMAT = 1
_FINGERPRINT = re.compile(r"[0-9a-f]{24}")


def read(file: str) -> set[str]:
    """The fingerprints in a baseline.

    Raises:
        Stopped: It cannot be read, or is no baseline.
    """
    fix = "write it with: pipeline-identity scan-state --baseline FILE --update-baseline PATHS"
    content: Any = read_json(file, "--baseline", fix)
    try:
        known = {str(entry["fingerprint"]) for entry in content["known"]}
        is_baseline = content["format"] == _FORMAT and all(map(_FINGERPRINT.fullmatch, known))
    except (KeyError, TypeError):
        is_baseline, known = False, set[str]()
    if not is_baseline:
        raise Stopped(f"{named(file, '--baseline')} is not a baseline of format {_FORMAT}", fix)
    return known


def write(file: str, leaks: Iterable[Leak]) -> int:
    """Write a baseline of everything that was found, and return how many entries it has.

    Raises:
        Stopped: It cannot be written, or another file than a baseline is in its place.
    """
    place = Path(file)
    if place.is_file() and place.stat().st_size:
        # Whoever names the wrong file does not lose what is in it.
        read(file)
    known: dict[str, dict[str, str]] = {}
    for leak in leaks:
        entry = {"fingerprint": leak.fingerprint, "kind": leak.kind.id, "key_id": leak.key_id, "seen": leak.file}
        known.setdefault(leak.fingerprint, {name: one for name, one in entry.items() if one})
    text = json.dumps({"format": _FORMAT, "known": list(known.values())}, indent=2)
    private_file.write(file, text + "\n", for_everybody=True)
    return len(known)
