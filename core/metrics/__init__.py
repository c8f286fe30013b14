"""The statistics: ranking and threshold metrics, patient bootstrap, paired comparisons."""
