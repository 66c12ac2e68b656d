"""The use cases of the directory, and the vault of names beside the events."""

from services.directory.application.directory import DirectoryApplication
from services.directory.application.name_vault import NameVault

__all__ = ["DirectoryApplication", "NameVault"]
