"""What is shown where there is nothing to show: why, and what to run next."""

from core.errors import CxrError
from dashboard.components.frame import show
from dashboard.components.markup import Markup, joined, plain, styled
from dashboard.queries.reading import Runs
from dashboard.stores import Stores


def show_nothing_evaluated(title: str, stores: Stores, runs: Runs) -> None:
    """Explain an empty store, or one whose runs were not evaluated."""
    has_runs = bool(runs.every or runs.broken)
    answer = (
        "No run has been evaluated on a target yet."
        if has_runs
        else "There are no runs in this result store yet."
    )
    steps = _evaluate(stores) if has_runs else _start()
    where = styled("p", "caption", f"Results: {stores.results.root}/ · data: {stores.data.root}/")
    show(plain("h1", title), styled("p", "answer", answer), *steps, where)
    for each in runs.broken:
        show(plain("p", plain("strong", each.run_id), " cannot be read: ", each.reason))


def show_error(title: str, error: CxrError) -> None:
    """Say why a page cannot be shown; its other choices may still work."""
    show(
        plain("h1", title),
        styled("p", "answer", "This page cannot be shown for these choices."),
        plain("p", str(error)),
    )


def _start() -> tuple[Markup, ...]:
    return (
        plain("p", "Try it on synthetic images, in a few minutes and with no download:"),
        command("cxr demo"),
        plain("p", "Or bring your own data, train, and test elsewhere:"),
        command("cxr data index chestxray14 --root DIR"),
        command("cxr train --backbone resnet50 --loss bce --source chestxray14"),
        command("cxr eval RUN --target NAME"),
    )


def _evaluate(stores: Stores) -> tuple[Markup, ...]:
    known = ", ".join(stores.data.names()) or "none indexed yet"
    return (
        plain("p", "Test a run on a hospital that it has never seen:"),
        command("cxr eval RUN --target NAME"),
        plain("p", f"Data sets in the data store: {known}."),
    )


def command(line: str) -> Markup:
    """A command to run, on a line of its own."""
    return joined((plain("p", plain("code", line)),))
