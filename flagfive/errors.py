"""Errors that the command prints as one message, without a traceback."""


class UserError(Exception):
    """An error that the user can fix; the message says what is wrong, where, and how to fix it."""

    exit_code = 1


class WrongSettings(UserError):
    """The settings have problems; the message lists every one."""

    exit_code = 2
