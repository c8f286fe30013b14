"""Grids: backbones × arms × seeds, what of them exists, and the work that is left."""
