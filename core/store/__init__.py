"""The one place that knows where things lie, and that writes them whole or not at all."""

from core.store.data import DataStore
from core.store.results import ResultStore

__all__ = ["DataStore", "ResultStore"]
