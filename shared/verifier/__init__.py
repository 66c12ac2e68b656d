"""The offline verifier: a bundle and a public key in, six verdicts out.

Standard library only, besides `shared.reducers`; no network, no file but those named on the
command line. `make verify.pyz` packs both into one file that runs with `python -I -S`. It shares
no code with the services that it judges. FORMAT.md lists what it reads in a bundle.
"""

VERSION = "1.0.0"
