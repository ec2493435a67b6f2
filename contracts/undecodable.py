"""What msgspec raises for bytes that are not the wanted message."""

from typing import Final

import msgspec

UNDECODABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""The second is for text that is not UTF-8, the third for JSON nested about a thousand levels deep."""
