"""The use cases of the directory, and the vault of names beside the events."""

from services.directory.application.directory import DirectoryApplication
from services.directory.application.name_vault import NameVault
from services.directory.domain.organisations import Organisation
from services.directory.domain.persons import Person

__all__ = ["DirectoryApplication", "NameVault", "Organisation", "Person"]
