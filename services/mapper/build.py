"""From a catalog and model files to a model that can be held."""

import logging
from collections.abc import Sequence

from maestro.catalog.v1 import catalog_pb2 as catalog
from maestro.semantics.v1 import semantics_pb2 as semantics
from services.mapper.derive.model import Hints, derive
from services.mapper.fit import fit
from services.mapper.lexicon.book import lexicon
from services.mapper.model import HeldModel, version_of
from services.mapper.source import ModelFile
from services.mapper.titles import entitle

_log = logging.getLogger(__name__)
LIMIT = 12 * 1024 * 1024
"""Bytes of a model where nothing else is said: three quarters of what one message may have by default."""


def build(found: catalog.Catalog, files: Sequence[ModelFile], hints: Hints, limit: int = LIMIT) -> HeldModel:
    """The model of a catalog, refined by files, of at most `limit` bytes, with its version. Pure, and slow for large
    catalogs: call it in a thread."""
    model: semantics.SemanticModel = derive(found, lexicon(), hints)
    if files:
        from services.mapper.ossie.refine import refine  # noqa: PLC0415  # sqlglot is 16 MB that sources without files need not pay

        refine(model, found, files)
    entitle(model, lexicon())
    taken = fit(model, limit)
    if taken:
        _log.info("the model of %s was made smaller in %d steps, to %d bytes", found.source, taken, model.ByteSize())
    model.version = version_of(model)
    return HeldModel(model, found)
