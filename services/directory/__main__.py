"""`python -m services.directory ROLE`."""

from services.directory.bootstrap import NAME, READ_MODELS, build
from shared.service import main

main(NAME, build, READ_MODELS)
