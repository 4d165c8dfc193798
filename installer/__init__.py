"""Sets sipview up from a checkout and starts it; standard library only.

`bootstrap` is the program. It uses `system_packages` (Qt's libraries, libpcap and test tools, on Debian and Ubuntu),
`virtual_environment` (``.venv`` in the checkout), `starting` (the window, or the ladder as a file) and `checking` (lint, types,
contracts, tests). `progress` is how all of them speak.
"""
