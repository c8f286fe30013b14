"""cxr-bench: how well chest X-ray classifiers hold up in a hospital they have never seen."""
