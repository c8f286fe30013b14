"""Features of a frozen backbone, and the heads that are trained on them."""
