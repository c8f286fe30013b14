"""Backbones, their weights, and the classifier that stands on them."""
