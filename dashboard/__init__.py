"""The command line: cxr."""
