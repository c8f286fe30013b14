"""Where a model looks: attention maps, and how they are drawn."""
