"""The evaluation harness: measures what models/ does, with intervals, floors and signatures."""
