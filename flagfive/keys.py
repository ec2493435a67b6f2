"""Reads the signing key of the control log, for verbs that sign or verify."""

from typing import TYPE_CHECKING

from flagfive.errors import WrongSettings

if TYPE_CHECKING:
    from control.keys import ControlKey
    from settings import Settings


def control_key(settings: "Settings") -> "ControlKey":
    """Return the key of the settings.

    Args:
        settings: the settings; the key comes from FLAGFIVE_CONTROL_KEY.

    Returns:
        The key.

    Raises:
        WrongSettings: the key is missing or unusable.
    """
    from control.errors import ControlKeyError
    from control.keys import read_key

    secret = settings.control.key
    try:
        return read_key(secret.get_secret_value() if secret else None)
    except ControlKeyError as error:
        raise WrongSettings(str(error)) from None
