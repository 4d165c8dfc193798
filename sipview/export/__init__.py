"""Files that leave sipview: ladders as SVG, text, PNG and PDF.

In: a picture (or calls) and the path to write to; it never asks for one. Out: the file, whole or not at all. Never Qt: the
raster and PDF painter is handed in by whoever has one.
"""
