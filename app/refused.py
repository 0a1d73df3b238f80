"""A start that is refused with one sentence for the operator."""


class StartRefused(Exception):  # noqa: N818  an answer, not a fault
    """Something around the program is not as it must be; the message is the one sentence shown.

    `exit_code` follows sysexits.h: 69 a service is missing, 73 something cannot be created or written,
    78 a setting is wrong.
    """

    def __init__(self, message: str, *, exit_code: int = 69) -> None:
        super().__init__(message)
        self.exit_code = exit_code
