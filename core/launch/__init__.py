"""Where the work on a grid is done: in this process, or job by job on a cluster."""
