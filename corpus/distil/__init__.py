"""How the shipped encoder is made: weights of a package, fewer pieces, lessons against noise, an int8 graph.

Nothing here runs in the service. `kiemtin model build` does it all; docs/matching.md tells what came of it.
"""
