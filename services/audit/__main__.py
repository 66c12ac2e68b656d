"""`python -m services.audit ROLE`."""

from services.audit.bootstrap import NAME, READ_MODELS, build
from shared.service import main

main(NAME, build, READ_MODELS)
