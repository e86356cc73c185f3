"""A stand-in for Pulumi's AWS provider: it speaks the provider protocol, and asks AWS through boto3.

It is written to behave as the real provider does (ids, defaults, what replaces and what changes in place, what a
refresh reports, what an import needs) for the resource types listed in ``registry.py``, and refuses all others by name.
"""

from __future__ import annotations

from sandbox.provider.installation import install, link

__all__ = ["install", "link"]
