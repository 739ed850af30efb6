"""How fast the product reads mail: ratios to a raw socket and to an ordinary client."""
