"""How a number is written: a true minus sign, and none where it rounds to zero."""

MINUS = "−"


def written(value: float, form: str) -> str:
    """A number as a table or a page shows it.

    Args:
        value: The number.
        form: As `format` takes it: ".1f", or "+.1f" for a difference.

    Returns:
        Without a sign where all its digits are zero: it is neither a rise nor a fall.
    """
    text = format(value, form)
    return (text if float(text) else text.lstrip("+-")).replace("-", MINUS)
