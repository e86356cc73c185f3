"""Where policies are written down, a format a file: text or objects become parts of the account model."""
