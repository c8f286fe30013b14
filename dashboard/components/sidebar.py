"""The context of every page: chosen in the sidebar, kept in the address."""

import streamlit as st

from dashboard.components.choices import any_of, one
from dashboard.components.frame import caption, show
from dashboard.context import Context
from dashboard.queries.reading import Runs
from dashboard.queries.scope import Choices, Scope, choices
from dashboard.stores import Stores

NO_BASELINE = "none"


def choose(stores: Stores, runs: Runs) -> Scope | None:
    """Put the sidebar; None where no run was evaluated yet."""
    offered = choices(runs)
    if offered is None:
        return None
    with st.sidebar:
        context = _context(offered)
        show(caption("These choices hold on every page and are part of the address."))
    return Scope(stores, runs.chosen(context.runs), context)


def _context(offered: Choices) -> Context:
    target = one("Target", "target", list(offered.splits))
    split = one("Split", "split", offered.splits[target])
    policy = one("Thresholds", "policy", offered.policies)
    run_ids = any_of("Runs", "runs", offered.run_ids, placeholder="All runs")
    held_against = one("Baseline", "baseline", [NO_BASELINE, *offered.run_ids])
    baseline = "" if held_against == NO_BASELINE else held_against
    return Context(target, split, policy, run_ids, baseline)
