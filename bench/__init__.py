"""Figures of the whole service, each beside its peer or limit, measured in one run (`make bench`)."""
