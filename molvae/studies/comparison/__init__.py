"""VAE against AE: the same data, tokens, architecture and steps; only the bottleneck differs.

`arms` says what is trained and `run` trains it; `subjects` is what is measured of each; `informing`,
`sampling`, `space`, `classes` and `mending` are the measurements, by question; `page` tells what was found.
"""
