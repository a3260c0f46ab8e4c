"""The schemes, as data: one file each. A file of this package that defines `SCHEME` is a scheme; nothing else to do."""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from exam.schemes.kinds import Scheme


def _found() -> Mapping[str, Scheme]:
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    schemes = [module.SCHEME for module in modules if hasattr(module, "SCHEME")]
    return MappingProxyType({scheme.key: scheme for scheme in sorted(schemes, key=lambda scheme: scheme.key)})


SCHEMES: Mapping[str, Scheme] = _found()
"""Every scheme by its key."""


def is_practice(key: str) -> bool:
    """Whether the scheme with that key is practice; not so for one that is no longer declared."""
    return key in SCHEMES and SCHEMES[key].practice


def get(key: str) -> Scheme:
    """The scheme with that key. Raises LookupError."""
    if key not in SCHEMES:
        raise LookupError(f"no scheme {key!r}; there are {', '.join(SCHEMES)}")
    return SCHEMES[key]
