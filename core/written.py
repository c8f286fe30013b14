"""How numbers and names are written, in tables, plots and pages alike."""

MINUS = "−"
UNDEFINED = "–"


def written(value: float, form: str) -> str:
    """A number with a true minus sign, and with none where it rounds to zero.

    Args:
        value: The number.
        form: As `format` takes it: ".1f", or "+.1f" for a difference.

    Returns:
        Without a sign where all its digits are zero: it is neither a rise nor a fall.
    """
    text = format(value, form)
    return (text if float(text) else text.lstrip("+-")).replace("-", MINUS)


def p_value(value: float | None) -> str:
    """A p value to four decimals; very small ones in powers of ten."""
    if value is None:
        return UNDEFINED
    return f"{value:.4f}" if value >= 0.0001 else f"{value:.1e}".replace("-", MINUS)


def finding_name(finding: str) -> str:
    """A finding or average as it is read: "Pleural_Thickening" → "Pleural thickening"."""
    return finding.replace("_T", " t")
