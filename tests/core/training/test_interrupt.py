import signal
from collections.abc import Iterator
from threading import Thread

import pytest

from core.training.interrupt import Stop, stoppable


@pytest.fixture(autouse=True)
def usual_handler() -> Iterator[None]:
    """Ctrl-C as Python has it; processes in the background start with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_noted(number: signal.Signals) -> None:
    with stoppable() as stop:
        assert not stop.requested
        signal.raise_signal(number)
        assert stop.requested


def test_a_second_ctrl_c_stops_at_once() -> None:
    with stoppable():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_signals_do_what_they_did_before() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_another_thread_leaves_signals_alone() -> None:
    found: list[Stop] = []

    def work() -> None:
        before = signal.getsignal(signal.SIGTERM)
        with stoppable() as stop:
            assert signal.getsignal(signal.SIGTERM) is before
            found.append(stop)

    thread = Thread(target=work)
    thread.start()
    thread.join()
    assert found == [Stop(requested=False)]
