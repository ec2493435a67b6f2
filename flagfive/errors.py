"""What a user is told without a traceback."""


class UserError(Exception):
    """Something the user can change: the message names what, where and the way out."""

    exit_code = 1


class WrongSettings(UserError):
    """The configuration has problems; the message lists every one."""

    exit_code = 2
