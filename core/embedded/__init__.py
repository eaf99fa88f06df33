"""PostgreSQL and Valkey from Python packages, kept below one data directory and reached by unix sockets alone.

They start with the first process that needs them and stop with the last. Nothing here needs Django.
"""

from core.embedded.places import DEMO_DATABASE, Addresses, addresses, var_dir
from core.embedded.services import ServiceError, healthy, running

__all__ = ["DEMO_DATABASE", "Addresses", "ServiceError", "addresses", "healthy", "running", "var_dir"]
