"""Where policies are written down, a format a file: text becomes parts of the account model.

`read` recognizes what a text is. A format module says so (`is_template`, `is_terraform`, ...) and gives the parts;
every part has its `Location`, so that a finding names file, line and logical id. A value that no format knows is
searched for policy documents, wherever in it they stand.

`declared` turns a resource of any tool into parts, by the tables `resource_types` (which property holds which
document), `identity_types` and `permissions`. What a source cannot resolve is unknown text (`language.unknown`), never
malformed.
"""

from iam_guardrails.sources.reading import JSON_SUFFIXES, SUFFIXES, Content, Source, decoded, read
from iam_guardrails.sources.trees import NotReadable

__all__ = ["JSON_SUFFIXES", "SUFFIXES", "Content", "NotReadable", "Source", "decoded", "read"]
