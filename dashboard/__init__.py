"""The reviewer's view: reads the two stores, and needs no torch."""
