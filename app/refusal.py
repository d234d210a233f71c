"""The error of everything that a person at the terminal can mend."""


class Refusal(Exception):
    """Its text is one line: what is wrong and what to do next. `trellis` prints it and ends with `exit_code`."""

    exit_code = 1
