"""A value that is not known yet, such as an output that a deployment has still to make.

`UNKNOWN` stands for any text, alone or within a text: `f"arn:aws:s3:::{UNKNOWN}/*"`. It takes the place of what is not
known anywhere in a document that is handed over as a mapping: a leaf, a whole element, a statement. The reader then
reads the document as the least that it may allow, so that whatever is found in it holds for every value that `UNKNOWN`
may turn out to be, and lists the places in `Document.unknown`.
"""

from __future__ import annotations

UNKNOWN = "\ue0ff"
"""Any text. The character is private to Unicode's users, and AWS takes it in no policy."""


def has_unknown(value: object) -> bool:
    """Whether a value is a text of which some part is not known."""
    return isinstance(value, str) and UNKNOWN in value
