"""Decoding images, and the geometry between an image and its square in the cache."""
