"""Key material in text: where it stands, without ever repeating it.

A text is looked through in four steps, each a module:

1. `windows` picks the parts of the text that can hold key material, by words such as `secret` and by long runs of
   base64. Everything else is not looked at again.
2. `decoding` takes colors, escapes, entities and base64 off such a part, layer by layer, and remembers where every
   character came from.
3. `patterns` recognizes key material in each layer.
4. `search` maps what was found back to the text as it was.
"""

from __future__ import annotations

from pipeline_identity_cli.key_material.search import Place, places

__all__ = ["Place", "places"]
