"""How each of the 14 findings looks: what it does to the chest, and what it lays over it."""
