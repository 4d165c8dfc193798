"""How fast it is, as ratios against other programs on the same file in one run. No test: nothing here can fail."""
