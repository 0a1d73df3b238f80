"""The commands of `kiemtin` by theme. Each function imports what it needs when it is called."""
