"""The key of the control log, for the verbs that sign or verify."""

from typing import TYPE_CHECKING

from flagfive.errors import WrongSettings

if TYPE_CHECKING:
    from control.keys import ControlKey
    from settings import Settings


def control_key(settings: "Settings") -> "ControlKey":
    """The key from the environment. Raises WrongSettings where it is missing or unusable."""
    from control.errors import ControlKeyError
    from control.keys import read_key

    secret = settings.control.key
    try:
        return read_key(secret.get_secret_value() if secret else None)
    except ControlKeyError as error:
        raise WrongSettings(str(error)) from None
