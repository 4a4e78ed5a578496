"""Text that may stand in an XML 1.0 document, whatever a failing program printed (pure)."""

from __future__ import annotations

import re
from typing import Final

# "Char ::= #x9 | #xA | #xD | [#x20-#xD7FF] | [#xE000-#xFFFD] | [#x10000-#x10FFFF]" (XML 1.0, 2.2)
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def allowed(text: str) -> str:
    """Put ``�`` in place of every character that XML 1.0 forbids; nothing is escaped."""
    return _FORBIDDEN.sub("�", text)
