"""The pipeline: one module a stage, one `run` each; stages meet only through files."""
